namespace Interop.Uploads.Running;

/// <summary>The waits between tries: each twice as long as the one before.</summary>
internal static class Backoff
{
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private const int MaxDoublings = 16;

    /// <param name="first">The wait after the first failure.</param>
    /// <param name="failures">The failures in a row, from 1.</param>
    public static TimeSpan Delay(TimeSpan first, int failures) =>
        TimeSpan.FromTicks(Math.Min(MaxDelay.Ticks, first.Ticks << Math.Min(failures - 1, MaxDoublings)));
}
