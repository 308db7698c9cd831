using System.Collections.Concurrent;

namespace Interop.TestServers;

/// <summary>A clock that records waits of up to a minute and ends them at once. Longer waits (limits) end only with <see
/// cref="Advance"/>.</summary>
public sealed class InstantClock : TimeProvider
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(59);

    private readonly ConcurrentQueue<TimeSpan> _waits = new();
    private long _offset;

    public IReadOnlyCollection<TimeSpan> Waits => _waits;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() =>
        base.GetTimestamp() + (long)(Interlocked.Read(ref _offset) / (double)TimeSpan.TicksPerSecond * TimestampFrequency);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _offset, time.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= TimeSpan.Zero || dueTime > Longest)
            return base.CreateTimer(callback, state, dueTime, period);
        _waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
