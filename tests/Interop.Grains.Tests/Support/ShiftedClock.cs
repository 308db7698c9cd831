namespace Interop.Grains.Tests.Support;

/// <summary>The real clock, moved forward by a test. Timers and waits take real time.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _offset;

    /// <param name="now">What the clock shows first.</param>
    public ShiftedClock(DateTimeOffset now) => _offset = (now - base.GetUtcNow()).Ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    public void Advance(TimeSpan time) => Interlocked.Add(ref _offset, time.Ticks);
}
