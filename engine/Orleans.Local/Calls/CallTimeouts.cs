namespace Orleans.Calls;

/// <summary>
/// The pending calls of one sender. All have the same timeout, so the list is ordered by deadline: adding, removing and expiring a call
/// take constant time.
/// </summary>
internal sealed class CallTimeouts : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly long _ticks;
    private readonly ITimer _timer;
    private GrainCall? _first;
    private GrainCall? _last;

    public CallTimeouts(TimeSpan timeout, TimeProvider time)
    {
        _timeout = timeout;
        _time = time;
        _ticks = (long)(timeout.TotalSeconds * time.TimestampFrequency);
        var period = TimeSpan.FromMilliseconds(Math.Clamp(timeout.TotalMilliseconds / 20, 10, 1000));
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(_ => Expire(), null, period, period);
    }

    public void Add(GrainCall call)
    {
        call.Deadline = _time.GetTimestamp() + _ticks;
        lock (_gate)
        {
            // The call may have been cancelled meanwhile; then it must not enter the list.
            if (call.IsAbandoned)
                return;
            call.Timeouts = this;
            call.Previous = _last;
            if (_last is null)
                _first = call;
            else
                _last.Next = call;
            _last = call;
        }
    }

    public void Remove(GrainCall call)
    {
        lock (_gate)
        {
            if (call.Timeouts is null)
                return;
            call.Timeouts = null;
            if (call.Previous is null)
                _first = call.Next;
            else
                call.Previous.Next = call.Next;
            if (call.Next is null)
                _last = call.Previous;
            else
                call.Next.Previous = call.Previous;
            call.Previous = call.Next = null;
        }
    }

    /// <summary>Fails all pending calls, because the silo has stopped.</summary>
    public void FailAll(Exception exception) => Fail(_ => true, _ => exception);

    public void Dispose() => _timer.Dispose();

    private void Expire()
    {
        var now = _time.GetTimestamp();
        Fail(
            call => call.Deadline <= now,
            call => new TimeoutException($"Response did not arrive on time in {_timeout} for {call.Method} of {call.Reference.GrainId}.")
        );
    }

    private void Fail(Func<GrainCall, bool> isOver, Func<GrainCall, Exception> exceptionFor)
    {
        while (true)
        {
            GrainCall? call;
            lock (_gate)
                call = _first;
            if (call is null || !isOver(call))
                return;

            // A call that completes at this moment removes itself; removing it twice is harmless.
            Remove(call);
            call.TryFail(exceptionFor(call));
        }
    }
}
