using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>A method of a grain interface: how to call it, and which of its requests may interleave.</summary>
internal sealed class GrainMethod
{
    private readonly ConcurrentDictionary<Type, MethodInfo> _implementations = new();

    public GrainMethod(Type interfaceType, MethodInfo method)
    {
        InterfaceType = interfaceType;
        Method = method;
        InterfaceId = GrainInterfaceType.Create(
            method.DeclaringType!.GetCustomAttribute<AliasAttribute>()?.Alias ?? method.DeclaringType!.FullName ?? method.DeclaringType.Name
        );
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        OneWay = method.IsDefined(typeof(OneWayAttribute));
        ResponseTimeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        TokenIndex = Array.FindLastIndex(method.GetParameters(), p => p.ParameterType == typeof(CancellationToken));
        if (OneWay && method.ReturnType != typeof(Task) && method.ReturnType != typeof(ValueTask))
            throw new NotSupportedException($"{this} is [OneWay], so it must return Task or ValueTask: its caller never sees a result.");
    }

    public Type InterfaceType { get; }

    public GrainInterfaceType InterfaceId { get; }

    public MethodInfo Method { get; }

    public bool AlwaysInterleave { get; }

    public bool ReadOnly { get; }

    public bool OneWay { get; }

    /// <summary>Null for the timeout of the sender.</summary>
    public TimeSpan? ResponseTimeout { get; }

    /// <summary>The position of the <see cref="CancellationToken"/> among the arguments, or -1.</summary>
    public int TokenIndex { get; }

    /// <summary>Calls the method on a grain; its type follows from the method's return type, see <see cref="ProxyBuilder"/>.</summary>
    public Delegate Invoker { get; set; } = null!;

    public MethodInfo ImplementationIn(Type grainClass) =>
        _implementations.GetOrAdd(
            grainClass,
            type =>
            {
                var map = type.GetInterfaceMap(Method.DeclaringType!);
                return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, Method)];
            }
        );

    public override string ToString() => $"{Method.DeclaringType!.FullName}.{Method.Name}";
}
