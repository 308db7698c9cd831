namespace Interop.Polling;

/// <summary>A row of pollers.</summary>
/// <param name="Epoch">Fencing token: incremented each time a poller claims the row. A write with an older epoch fails.</param>
/// <param name="Sequence">The last committed batch.</param>
/// <param name="Events">All stored events; the number of the last one.</param>
public sealed record PollerRow(
    string Source,
    bool Enabled,
    long IntervalSeconds,
    long Batch,
    string ResourceType,
    DateTimeOffset? Since,
    DateTimeOffset? Watermark,
    long Epoch,
    long Sequence,
    long Events,
    long Failures,
    DateTimeOffset? LastPoll,
    string? LastError
)
{
    public TimeSpan Interval => TimeSpan.FromSeconds(IntervalSeconds);
}

/// <summary>Another poller has claimed the source: this one must not write any more.</summary>
public sealed class PollerLostException(string source) : Exception($"another process polls {source} now");
