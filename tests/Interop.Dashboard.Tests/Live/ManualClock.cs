namespace Interop.Dashboard.Tests.Live;

/// <summary>A clock that stands still until a test advances it, with timers that fire while it does.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>How many timers are not disposed.</summary>
    public int Timers => _timers.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state), _now + dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Advances the clock second by second.</summary>
    public void Advance(TimeSpan time)
    {
        for (var end = _now + time; _now < end; )
        {
            _now += TimeSpan.FromSeconds(1);
            foreach (var timer in _timers.ToArray())
                timer.Fire(_now);
        }
    }

    private sealed class Timer(ManualClock clock, Action fire, DateTimeOffset due, TimeSpan period) : ITimer
    {
        private DateTimeOffset _due = due;

        public void Fire(DateTimeOffset now)
        {
            if (now < _due)
                return;
            _due += period;
            fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod) => throw new NotSupportedException();

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
