using System.Collections.Concurrent;
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
    private readonly CallTimeouts _timeouts = new(responseTimeout, time);

    // Methods with a timeout of their own; a list of pending calls holds calls with the same timeout.
    private readonly ConcurrentDictionary<TimeSpan, CallTimeouts> _timeoutsByDuration = new();

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; } = outgoingFilters;

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

        var timeouts = call.Method.ResponseTimeout is { } own
            ? _timeoutsByDuration.GetOrAdd(own, duration => new CallTimeouts(duration, time))
            : _timeouts;
        timeouts.Add(call);
        if (call.Reference.LastActivation?.TryEnqueue(call) is not true)
            silo.Catalog.Dispatch(call, call.Reference.GrainId);
    }

    /// <summary>Fails all pending calls, because the silo has stopped.</summary>
    public void FailAll(Exception exception)
    {
        foreach (var timeouts in AllTimeouts)
            timeouts.FailAll(exception);
    }

    public void Dispose()
    {
        foreach (var timeouts in AllTimeouts)
            timeouts.Dispose();
    }

    private IEnumerable<CallTimeouts> AllTimeouts => _timeoutsByDuration.Values.Append(_timeouts);
}
