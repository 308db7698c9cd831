using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>The silo that calls go to; it changes when a test cluster restarts its silo.</summary>
internal sealed class SiloSlot
{
    private volatile SiloContext? _silo;

    public SiloContext? Silo
    {
        get => _silo;
        set => _silo = value;
    }
}

/// <summary>Sends the calls of one client or one silo: through its filters, with its response timeout.</summary>
internal sealed class CallSender(SiloSlot slot, TimeSpan responseTimeout, TimeProvider time, IOutgoingGrainCallFilter[] outgoingFilters)
    : IDisposable
{
    public IOutgoingGrainCallFilter[] OutgoingFilters { get; } = outgoingFilters;

    public CallTimeouts Timeouts { get; } = new(responseTimeout, time);

    /// <exception cref="SiloUnavailableException">There is no silo.</exception>
    public SiloContext Silo => slot.Silo ?? throw new SiloUnavailableException("The silo is not running.");

    public Task Send(GrainCall call)
    {
        if (OutgoingFilters.Length > 0)
            return call.SendThroughFilters(this);
        Dispatch(call, (Activation?)RuntimeContext.Current);
        return call.Method.OneWay ? Task.CompletedTask : call.Answer;
    }

    public void Dispatch(GrainCall call, Activation? source)
    {
        call.Context = RequestContext.Export();
        call.Source = source;
        if (call.IsCancellable)
        {
            if (call.CallerToken.IsCancellationRequested)
            {
                call.TryFail(new OperationCanceledException(call.CallerToken));
                return;
            }

            call.LinkCancellation();
        }

        if (slot.Silo is not { } silo || !silo.Accepts(source))
        {
            call.TryFail(new SiloUnavailableException($"The silo is not running, so {call.Method} cannot be called."));
            return;
        }

        Timeouts.Add(call);
        if (call.Reference.LastActivation?.TryEnqueue(call) is not true)
            silo.Catalog.Dispatch(call, call.Reference.GrainId);
    }

    public void Dispose() => Timeouts.Dispose();
}
