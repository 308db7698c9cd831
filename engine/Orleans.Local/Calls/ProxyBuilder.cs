using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>
/// Creates, once per grain interface, a class that derives from <see cref="GrainProxy"/> and implements the interface. Each method puts its
/// arguments in an array and passes them on with its <see cref="GrainMethod"/>; a static method beside it unpacks them and calls the grain.
/// No call uses reflection.
/// </summary>
internal static class ProxyBuilder
{
    private const string MethodsField = "Methods";

    private static readonly ConcurrentDictionary<Type, Lazy<Func<CallSender, GrainId, GrainProxy>>> Factories = new();

    private static readonly ConstructorInfo BaseConstructor = typeof(GrainProxy).GetConstructor(
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic,
        [typeof(CallSender), typeof(GrainId)]
    )!;

    private static readonly ConstructorInfo IgnoresAccessChecksTo = typeof(IgnoresAccessChecksToAttribute).GetConstructor([
        typeof(string),
    ])!;

    /// <exception cref="NotSupportedException">The interface has a member that cannot be a grain call.</exception>
    public static GrainProxy Create(Type interfaceType, CallSender sender, GrainId id) =>
        Factories.GetOrAdd(interfaceType, static type => new(() => Build(type))).Value(sender, id);

    private static Func<CallSender, GrainId, GrainProxy> Build(Type interfaceType)
    {
        if (!interfaceType.IsInterface || !interfaceType.IsAssignableTo(typeof(IAddressable)))
            throw new ArgumentException($"{interfaceType} is not a grain interface.", nameof(interfaceType));

        var name = $"Orleans.Local.Proxies.{interfaceType.Name}";
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(name), AssemblyBuilderAccess.Run);
        var type = assembly
            .DefineDynamicModule(name)
            .DefineType(
                $"{name}_Reference",
                TypeAttributes.Class | TypeAttributes.NotPublic | TypeAttributes.Sealed,
                typeof(GrainProxy),
                [interfaceType]
            );

        var methods = interfaceType
            .GetInterfaces()
            .Append(interfaceType)
            .SelectMany(i => i.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(m => m.IsAbstract)
            .Select(m => Checked(interfaceType, m))
            .ToArray();

        // Grain interfaces and messages may be internal to their assembly.
        foreach (
            var visible in methods
                .SelectMany(m => m.Method.GetParameters().Select(p => p.ParameterType).Append(m.Method.ReturnType))
                .Append(interfaceType)
                .Append(typeof(ProxyBuilder))
                .SelectMany(WithTypeArguments)
                .Select(t => t.Assembly.GetName().Name!)
                .Distinct()
        )
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(IgnoresAccessChecksTo, [visible]));
        }

        var methodsField = type.DefineField(MethodsField, typeof(GrainMethod[]), FieldAttributes.Public | FieldAttributes.Static);
        var constructor = EmitConstructor(type);
        EmitFactory(type, constructor);
        for (var index = 0; index < methods.Length; index++)
        {
            EmitCall(type, methodsField, methods[index].Method, index);
            EmitInvoker(type, methods[index].Method, index);
        }

        var proxy = type.CreateType();
        for (var index = 0; index < methods.Length; index++)
        {
            methods[index].Invoker = proxy
                .GetMethod(InvokerName(index), BindingFlags.Static | BindingFlags.Public)!
                .CreateDelegate(
                    typeof(Func<,,>).MakeGenericType(typeof(object), typeof(object?[]), InvokerResult(methods[index].Method.ReturnType))
                );
        }

        proxy.GetField(MethodsField)!.SetValue(null, methods);
        return proxy.GetMethod("Create")!.CreateDelegate<Func<CallSender, GrainId, GrainProxy>>();
    }

    private static GrainMethod Checked(Type interfaceType, MethodInfo method)
    {
        var where = $"{method.DeclaringType}.{method.Name}";
        if (method.IsGenericMethod)
            throw new NotSupportedException($"{where} is generic: the embedded engine calls no generic grain methods.");
        if (method.GetParameters().Any(p => p.ParameterType.IsByRef))
            throw new NotSupportedException($"{where} has a by-reference parameter: a grain call has none.");
        if (Sender(method.ReturnType) is null)
            throw new NotSupportedException(
                $"{where} returns {method.ReturnType}: a grain call returns Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>."
            );
        return new GrainMethod(interfaceType, method);
    }

    private static ConstructorBuilder EmitConstructor(TypeBuilder type)
    {
        var constructor = type.DefineConstructor(
            MethodAttributes.Public,
            CallingConventions.HasThis,
            [typeof(CallSender), typeof(GrainId)]
        );
        var il = constructor.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, BaseConstructor);
        il.Emit(OpCodes.Ret);
        return constructor;
    }

    private static void EmitFactory(TypeBuilder type, ConstructorBuilder constructor)
    {
        var il = type.DefineMethod(
                "Create",
                MethodAttributes.Public | MethodAttributes.Static,
                typeof(GrainProxy),
                [typeof(CallSender), typeof(GrainId)]
            )
            .GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Newobj, constructor);
        il.Emit(OpCodes.Ret);
    }

    private static void EmitCall(TypeBuilder type, FieldBuilder methodsField, MethodInfo method, int index)
    {
        var parameters = Array.ConvertAll(method.GetParameters(), p => p.ParameterType);
        var implementation = type.DefineMethod(
            $"{method.DeclaringType!.Name}.{method.Name}",
            MethodAttributes.Private
                | MethodAttributes.Virtual
                | MethodAttributes.Final
                | MethodAttributes.HideBySig
                | MethodAttributes.NewSlot,
            method.ReturnType,
            parameters
        );
        var il = implementation.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldsfld, methodsField);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldelem_Ref);
        if (parameters.Length == 0)
        {
            il.Emit(OpCodes.Call, typeof(Array).GetMethod(nameof(Array.Empty))!.MakeGenericMethod(typeof(object)));
        }
        else
        {
            il.Emit(OpCodes.Ldc_I4, parameters.Length);
            il.Emit(OpCodes.Newarr, typeof(object));
            for (var i = 0; i < parameters.Length; i++)
            {
                il.Emit(OpCodes.Dup);
                il.Emit(OpCodes.Ldc_I4, i);
                il.Emit(OpCodes.Ldarg, i + 1);
                if (parameters[i].IsValueType)
                    il.Emit(OpCodes.Box, parameters[i]);
                il.Emit(OpCodes.Stelem_Ref);
            }
        }

        il.Emit(OpCodes.Call, Sender(method.ReturnType)!);
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(implementation, method);
    }

    private static void EmitInvoker(TypeBuilder type, MethodInfo method, int index)
    {
        var result = InvokerResult(method.ReturnType);
        var il = type.DefineMethod(
                InvokerName(index),
                MethodAttributes.Public | MethodAttributes.Static,
                result,
                [typeof(object), typeof(object?[])]
            )
            .GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Castclass, method.DeclaringType!);
        foreach (var parameter in method.GetParameters())
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldc_I4, parameter.Position);
            il.Emit(OpCodes.Ldelem_Ref);
            il.Emit(OpCodes.Unbox_Any, parameter.ParameterType);
        }

        il.Emit(OpCodes.Callvirt, method);
        if (result != method.ReturnType)
        {
            var valueTask = il.DeclareLocal(method.ReturnType);
            il.Emit(OpCodes.Stloc, valueTask);
            il.Emit(OpCodes.Ldloca, valueTask);
            il.Emit(OpCodes.Call, method.ReturnType.GetMethod(nameof(ValueTask.AsTask))!);
        }

        il.Emit(OpCodes.Ret);
    }

    private static string InvokerName(int index) => $"Invoke{index}";

    private static Type InvokerResult(Type returnType) =>
        returnType == typeof(ValueTask) ? typeof(Task)
        : returnType.IsGenericType && returnType.GetGenericTypeDefinition() == typeof(ValueTask<>)
            ? typeof(Task<>).MakeGenericType(returnType.GetGenericArguments())
        : returnType;

    /// <summary>The method of <see cref="GrainProxy"/> that sends a call with this result; null if there is none.</summary>
    private static MethodInfo? Sender(Type returnType)
    {
        if (returnType == typeof(Task))
            return Of(nameof(GrainProxy.SendAsync));
        if (returnType == typeof(ValueTask))
            return Of(nameof(GrainProxy.SendValueAsync));
        if (!returnType.IsGenericType)
            return null;

        var definition = returnType.GetGenericTypeDefinition();
        var name =
            definition == typeof(Task<>) ? nameof(GrainProxy.RequestAsync)
            : definition == typeof(ValueTask<>) ? nameof(GrainProxy.RequestValueAsync)
            : definition == typeof(IAsyncEnumerable<>) ? nameof(GrainProxy.Enumerate)
            : null;
        return name is null ? null : Of(name).MakeGenericMethod(returnType.GetGenericArguments());

        static MethodInfo Of(string name) => typeof(GrainProxy).GetMethod(name, BindingFlags.Instance | BindingFlags.NonPublic)!;
    }

    private static IEnumerable<Type> WithTypeArguments(Type type) =>
        type.HasElementType ? WithTypeArguments(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(WithTypeArguments).Append(type)
        : [type];
}
