using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orleans.Local.Tests.Api;

/// <summary>The public API of the engine that the tests run on, one line for each member.</summary>
internal static class PublicApi
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    /// <summary>The types that the assemblies of the engine make public.</summary>
    public static IEnumerable<Type> Types() =>
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "Orleans.*.dll")
            .Where(file => !file.EndsWith(".Tests.dll", StringComparison.Ordinal))
            .SelectMany(file => Assembly.Load(AssemblyName.GetAssemblyName(file)).GetExportedTypes());

    /// <summary>The members that the type declares. Extension methods have no type: which static class they are in does not
    /// matter.</summary>
    public static IEnumerable<string> DeclaredBy(Type type) => Lines(type, type, BindingFlags.DeclaredOnly);

    /// <summary>The members that the type has, declared or inherited.</summary>
    public static IEnumerable<string> Of(Type type) =>
        Lines(type, type, BindingFlags.FlattenHierarchy)
            .Concat(type.IsInterface ? type.GetInterfaces().SelectMany(i => Lines(type, i, BindingFlags.DeclaredOnly)) : []);

    private static IEnumerable<string> Lines(Type shown, Type type, BindingFlags flags)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
            return [$"{Name(shown)}: {Signature(type.GetMethod("Invoke")!)}"];
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{Name(shown)}.{name} = {Convert.ToInt64(Enum.Parse(type, name))}");
        return type.GetMembers(Everything | flags)
            .Where(IsVisible)
            .Select(member =>
                member switch
                {
                    MethodInfo { } m when m.IsDefined(typeof(ExtensionAttribute)) => $"extension {Signature(m)}",
                    MethodBase m => $"{Name(shown)}: {Signature(m)}",
                    FieldInfo f => $"{Name(shown)}: {Name(f.FieldType)} {f.Name}",
                    _ => "",
                }
            )
            .Where(line => line.Length > 0)
            .Concat(type is { IsAbstract: true, IsSealed: true } ? [] : [Name(shown)]);
    }

    private static bool IsVisible(MemberInfo member) =>
        member switch
        {
            // Methods of object and of IEquatable say nothing about the API.
            MethodInfo { Name: nameof(Equals) } => false,
            MethodInfo { IsVirtual: true } m when m.GetBaseDefinition().DeclaringType == typeof(object) => false,
            MethodBase m => (m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly) && m.DeclaringType != typeof(object),
            FieldInfo f => f.IsPublic && !f.IsSpecialName,
            _ => false,
        };

    private static string Signature(MethodBase method)
    {
        var parameters = string.Join(
            ", ",
            method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + Default(p) : "")}")
        );
        var arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return method is MethodInfo { ReturnType: var result }
            ? $"{Name(result)} {method.Name}{arguments}({parameters})"
            : $"new({parameters})";
    }

    private static string Default(ParameterInfo parameter) => parameter.DefaultValue is { } value ? $"{value}" : "default";

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        if (type.IsByRef)
            return $"ref {Name(type.GetElementType()!)}";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Name(underlying)}?";
        var name = type.FullName ?? $"{type.Namespace}.{type.Name}";
        if (!type.IsGenericType)
            return name.StartsWith("System.", StringComparison.Ordinal) ? type.Name : name;
        name = type.GetGenericTypeDefinition().FullName!;
        name = name.StartsWith("System.", StringComparison.Ordinal) ? type.Name : name;
        return $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
