using Microsoft.Extensions.Logging;
using Orleans.Activations;
using Orleans.Calls;
using Orleans.Runtime;

namespace Orleans.Timers;

/// <summary>A timer of an activation. It is also the work of its tick: the next tick is due only after this one has ended.</summary>
internal sealed partial class GrainTimer : ActivationWork, IGrainTimer, IActivationPart
{
    private readonly Activation _owner;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly bool _interleave;
    private readonly bool _keepAlive;
    private TimeSpan _dueTime;
    private TimeSpan _period;
    private bool _firing;
    private bool _changed;
    private bool _disposed;

    public GrainTimer(Activation owner, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        Check(options.DueTime, options.Period);
        _owner = owner;
        _callback = callback;
        _interleave = options.Interleave;
        _keepAlive = options.KeepAlive;
        _dueTime = options.DueTime;
        _period = options.Period;

        // The timer must not hold on to the request context of the call that registers it.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _timer = owner.Silo.Time.CreateTimer(
                static timer => ((GrainTimer)timer!).Fire(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
        }

        if (owner.Add(this))
            _timer.Change(_dueTime, Timeout.InfiniteTimeSpan);
        else
            Dispose();
    }

    public override bool AlwaysInterleave => _interleave;

    public override bool KeepsAlive => _keepAlive;

    public override bool IsAbandoned => _cancellation.IsCancellationRequested;

    public override bool MovesOn => false;

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, period);
        lock (_gate)
        {
            _changed = true;
            _dueTime = dueTime;
            _period = period;
            if (!_firing && !_disposed)
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public override void Run() => _ = TickAsync(Activation!);

    public override void Reject(Exception exception)
    {
        // The activation has ended, and its timers with it.
    }

    public void End(string reason) => Dispose();

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _timer.Dispose();
        _owner.Remove(this);
        _cancellation.Cancel();
    }

    private static void Check(TimeSpan dueTime, TimeSpan period)
    {
        const uint longest = 0xfffffffe;
        ArgumentOutOfRangeException.ThrowIfLessThan((long)dueTime.TotalMilliseconds, -1, nameof(dueTime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)dueTime.TotalMilliseconds, longest, nameof(dueTime));
        ArgumentOutOfRangeException.ThrowIfLessThan((long)period.TotalMilliseconds, -1, nameof(period));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)period.TotalMilliseconds, longest, nameof(period));
    }

    private void Fire()
    {
        lock (_gate)
        {
            if (_disposed || _firing)
                return;
            _firing = true;
        }

        _owner.TryEnqueue(this);
    }

    private async Task TickAsync(Activation activation)
    {
        lock (_gate)
            _changed = false;
        try
        {
            if (!_cancellation.IsCancellationRequested)
                await InvokeAsync(activation);
        }
        catch (Exception exception)
        {
            CallbackFailed(activation.Silo.Logger, exception, activation.GrainId);
        }

        lock (_gate)
        {
            _firing = false;
            if (!_disposed)
                _timer.Change(_changed ? _dueTime : _period, Timeout.InfiniteTimeSpan);
        }

        activation.Finish(this);
    }

    /// <summary>Ticks pass the incoming filters, as calls do.</summary>
    private Task InvokeAsync(Activation activation) =>
        activation.FiltersRequests
            ? new IncomingCallContext(new TimerTickRequest(activation.GrainId, InvokeCallbackAsync), activation).Invoke()
            : InvokeCallbackAsync();

    private Task InvokeCallbackAsync() => _callback(_cancellation.Token);

    [LoggerMessage(1201, LogLevel.Warning, "A timer of {GrainId} threw; it continues with its next tick")]
    private static partial void CallbackFailed(ILogger logger, Exception exception, GrainId grainId);
}
