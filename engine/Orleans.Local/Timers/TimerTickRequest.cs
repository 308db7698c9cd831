using System.Reflection;
using Orleans.Calls;
using Orleans.Runtime;

namespace Orleans.Timers;

/// <summary>How filters see the tick of a timer; the names are those of Orleans.</summary>
internal interface IGrainTimerInvoker : IAddressable
{
    Task InvokeCallbackAsync();
}

/// <summary>One tick of a timer on its way through the incoming filters.</summary>
internal sealed class TimerTickRequest(GrainId grainId, Func<Task> callback) : IFilteredRequest, IGrainTimerInvoker
{
    private static readonly Type Interface = typeof(IGrainTimerInvoker);
    private static readonly MethodInfo Method = Interface.GetMethod(nameof(InvokeCallbackAsync))!;
    private static readonly MethodInfo Implementation = typeof(TimerTickRequest).GetMethod(nameof(InvokeCallbackAsync))!;

    public GrainId? SourceId => grainId;

    public GrainInterfaceType InterfaceId { get; } = GrainInterfaceType.Create($"Orleans.Runtime.{Interface.Name}");

    public bool IsCancellable => false;

    public MethodInfo ImplementationIn(Type grainClass) => Implementation;

    public Task InvokeCallbackAsync() => callback();

    public async Task<object?> InvokeAsync(object grain)
    {
        await callback();
        return null;
    }

    public object GetTarget() => this;

    public int GetArgumentCount() => 0;

    public object GetArgument(int index) => throw NoArguments();

    public void SetArgument(int index, object value) => throw NoArguments();

    public string GetMethodName() => Method.Name;

    public string GetInterfaceName() => Interface.Name;

    public string GetActivityName() => $"{Interface.Name}/{Method.Name}";

    public MethodInfo GetMethod() => Method;

    public Type GetInterfaceType() => Interface;

    public CancellationToken GetCancellationToken() => default;

    public void Dispose()
    {
        // A tick owns no resources.
    }

    private static InvalidOperationException NoArguments() => new("A tick of a timer has no arguments.");
}
