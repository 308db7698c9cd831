using System.Collections.Concurrent;
using System.Reflection;

namespace Interop;

/// <summary>Implements the interface of a query grain and sends each call through <see cref="RepeatedCalls"/>.</summary>
#pragma warning disable CA1852 // DispatchProxy derives a class from it at run time
internal class QueryProxy<TGrain> : DispatchProxy
#pragma warning restore CA1852
    where TGrain : class, IQueryGrain
{
    private static readonly MethodInfo AskMethod = typeof(QueryProxy<TGrain>).GetMethod(
        nameof(AskAsync),
        BindingFlags.Instance | BindingFlags.NonPublic
    )!;

    /// <summary>The embedded engine has one silo: to send a slow call to it again would only add to its work.</summary>
    private static readonly TimeSpan Patience =
        typeof(IGrain).Assembly.GetName().Name == "Orleans.Local" ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(1.5);

    private static readonly ConcurrentDictionary<MethodInfo, MethodInfo?> AskMethods = new();

    private IGrainFactory _grains = null!;

    public static TGrain Create(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        var proxy = Create<TGrain, QueryProxy<TGrain>>();
        ((QueryProxy<TGrain>)(object)proxy)._grains = grains;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        AskMethods.GetOrAdd(targetMethod!, AskMethodFor) is { } ask
            ? ask.Invoke(this, BindingFlags.DoNotWrapExceptions, null, [targetMethod, args], null)
            : Send(targetMethod!, args, QueryGrains.AnyKey());

    /// <summary>Null if the type is not a <see cref="Task{TResult}"/>, such as a stream: such a call is not repeated.</summary>
    private static MethodInfo? AskMethodFor(MethodInfo method) =>
        method.ReturnType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Task<>)
            ? AskMethod.MakeGenericMethod(type.GetGenericArguments())
            : null;

    private Task<TResult> AskAsync<TResult>(MethodInfo method, object?[]? args) =>
        RepeatedCalls.AskAsync(key => (Task<TResult>)Send(method, args, key)!, Patience, TimeProvider.System);

    private object? Send(MethodInfo method, object?[]? args, long key) =>
        method.Invoke(_grains.GetGrain<TGrain>(key), BindingFlags.DoNotWrapExceptions, null, args, null);
}
