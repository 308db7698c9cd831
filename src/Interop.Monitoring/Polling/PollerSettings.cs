namespace Interop.Polling;

/// <summary>The pollers of the settings, combined with the stored rows.</summary>
/// <param name="pollers">By source.</param>
/// <param name="pollsByDefault">Whether a source without an entry is polled.</param>
public sealed class PollerSettings(IReadOnlyDictionary<string, PollerOptions> pollers, bool pollsByDefault = true)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);
    private static readonly PollerOptions Defaults = new();

    /// <summary>A source's settings, or the defaults.</summary>
    public PollerOptions this[string source] => pollers.GetValueOrDefault(source, Defaults);

    /// <summary>Whether it polls from the start.</summary>
    public bool IsEnabled(string source) => pollers.TryGetValue(source, out var options) ? options.Enabled : pollsByDefault;

    /// <summary>Where the next poll begins.</summary>
    public DateTimeOffset BeginAt(PollerRow row, DateTimeOffset now)
    {
        var options = this[row.Source];
        return row.Watermark is { } watermark
            ? watermark - DateTimeOffset.UnixEpoch > options.Overlap
                ? watermark - options.Overlap
                : DateTimeOffset.UnixEpoch
            : row.Since ?? PollerOptions.ParseSince(options.Since, now) ?? now.AddHours(-1);
    }

    /// <summary>The row after a change. Only a reset removes the watermark.</summary>
    public static PollerRow Apply(PollerRow row, PollerChange change) =>
        row with
        {
            IntervalSeconds = change.Interval is { } interval ? (long)interval.TotalSeconds : row.IntervalSeconds,
            Batch = change.Batch ?? row.Batch,
            ResourceType = change.ResourceType ?? row.ResourceType,
            Since = change.Since ?? row.Since,
            Watermark = change.Reset ? null : row.Watermark,
        };

    /// <summary>The status for callers: from the row, or from the settings when there is no row.</summary>
    public PollerStatus StatusOf(string source, PollerRow? row, DateTimeOffset now)
    {
        var options = this[source];
        return row is null
            ? new PollerStatus(
                source,
                IsEnabled(source),
                options.ResourceType,
                TimeSpan.FromSeconds(options.Interval),
                options.BatchSize,
                null,
                null,
                null,
                null,
                0,
                0,
                null
            )
            : new PollerStatus(
                source,
                row.Enabled,
                row.ResourceType,
                row.Interval,
                (int)row.Batch,
                row.Since,
                row.Watermark,
                LagOf(row, now),
                row.LastPoll,
                row.Events,
                row.Failures,
                row.LastError
            );
    }

    /// <summary>
    /// What is stored may lack events of this last stretch. A poll that ends well has read to the end of the server's events,
    /// so a server where nothing happens is not behind.
    /// </summary>
    private static TimeSpan? LagOf(PollerRow row, DateTimeOffset now) =>
        row is { Failures: 0, LastPoll: { } ended } && !(ended < row.Watermark) ? now - ended : now - row.Watermark;

    /// <summary>Doubling from a second up to a quarter of an hour.</summary>
    public static TimeSpan WaitAfter(long failures) =>
        failures > 10 ? LongestWait : TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, failures - 1)));
}
