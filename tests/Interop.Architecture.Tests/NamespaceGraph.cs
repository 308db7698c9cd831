using System.Reflection;
using System.Reflection.Emit;

namespace Interop.Architecture.Tests;

/// <summary>Which namespaces of an assembly use which others of it: read from signatures, base types, attributes and method
/// bodies.</summary>
internal sealed class NamespaceGraph
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => o.Value);

    private readonly Assembly _assembly;
    private readonly Dictionary<string, SortedDictionary<string, string>> _uses = [];

    private readonly (string From, string To)[] _allowed;

    /// <param name="assembly">The project.</param>
    /// <param name="allowed">Uses that do not count, because namespaces of a foreign API force them.</param>
    public NamespaceGraph(Assembly assembly, params (string From, string To)[] allowed)
    {
        _assembly = assembly;
        _allowed = allowed;
        foreach (var type in assembly.GetTypes().Where(t => IsOurs(t) && !IsGenerated(t)))
            Visit(type);
    }

    /// <summary>
    /// Groups of namespaces that use each other, each with one example for every use inside the group.
    /// </summary>
    public IReadOnlyList<string> Cycles()
    {
        var reach = _uses.Keys.ToDictionary(n => n, Reachable);
        return
        [
            .. _uses
                .Keys.Where(n => reach[n].Contains(n))
                .GroupBy(n =>
                    string.Join(
                        ", ",
                        reach[n].Where(m => reach.TryGetValue(m, out var back) && back.Contains(n)).Order(StringComparer.Ordinal)
                    )
                )
                .Select(g =>
                    $"{g.Key}:\n  {string.Join("\n  ", g.SelectMany(n => _uses[n].Where(u => g.Contains(u.Key)).Select(u => u.Value)))}"
                ),
        ];
    }

    private HashSet<string> Reachable(string from)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var at))
        {
            if (!_uses.TryGetValue(at, out var uses))
                continue;
            foreach (var to in uses.Keys.Where(reached.Add))
                open.Push(to);
        }

        return reached;
    }

    private void Visit(Type type)
    {
        Use(type, type.BaseType);
        UseAll(type, type.GetInterfaces());
        UseAll(type, type.GetCustomAttributesData().Select(a => a.AttributeType));
        UseAll(type, type.GetFields(Declared).Select(f => f.FieldType));
        foreach (var method in type.GetMembers(Declared).OfType<MethodBase>())
        {
            UseAll(type, method.GetParameters().Select(p => p.ParameterType));
            Use(type, (method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is not { } body)
                continue;
            UseAll(type, body.LocalVariables.Select(l => l.LocalType));
            UseAll(
                type,
                body.ExceptionHandlingClauses.Where(c => c.Flags == ExceptionHandlingClauseOptions.Clause).Select(c => c.CatchType)
            );
            foreach (var member in MembersUsed(method, body.GetILAsByteArray()!))
                UseMember(type, member);
        }
    }

    private void UseMember(Type from, MemberInfo? member)
    {
        Use(from, member as Type ?? member?.DeclaringType);
        if (member is MethodInfo { IsGenericMethod: true } method)
            UseAll(from, method.GetGenericArguments());
    }

    private void UseAll(Type from, IEnumerable<Type?> types)
    {
        foreach (var type in types)
            Use(from, type);
    }

    private void Use(Type from, Type? to)
    {
        if (to is null || to.IsGenericParameter)
            return;
        if (to.HasElementType)
        {
            Use(from, to.GetElementType());
            return;
        }

        if (to.IsGenericType)
            UseAll(from, to.GetGenericArguments());
        if (to.Assembly != _assembly || !IsOurs(to))
            return;
        var (user, used) = (from.Namespace!, to.Namespace!);
        if (!_uses.TryGetValue(user, out var uses))
            _uses[user] = uses = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (user != used && !_allowed.Contains((user, used)))
            uses.TryAdd(used, $"{Outermost(from).FullName} -> {Outermost(to).FullName}");
    }

    private static IEnumerable<MemberInfo?> MembersUsed(MethodBase method, byte[] code)
    {
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length; )
        {
            short value = code[at++];
            if (value == 0xFE)
                value = unchecked((short)(0xFE00 | code[at++]));
            var opCode = OpCodesByValue[value];
            switch (opCode.OperandType)
            {
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok:
                    yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments);
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BitConverter.ToInt32(code, at));
                    break;
                default:
                    at += OperandBytes(opCode.OperandType);
                    break;
            }
        }
    }

    private static int OperandBytes(OperandType type) =>
        type switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            _ => 4,
        };

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static bool IsOurs(Type type) =>
        type.Namespace is { } name
        && (name.StartsWith("Interop", StringComparison.Ordinal) || name.StartsWith("Orleans", StringComparison.Ordinal));

    // Orleans' source generator writes serializers into namespaces of its own.
    private static bool IsGenerated(Type type) => type.Namespace!.StartsWith("OrleansCodeGen", StringComparison.Ordinal);
}
