using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Timers;

/// <inheritdoc/>
internal sealed class TimerRegistry : ITimerRegistry
{
    public IGrainTimer Register(IGrainContext context, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var activation = (Activation)context;
        activation.ThrowIfOutside("A grain timer");
        return new GrainTimer(activation, callback, options);
    }
}
