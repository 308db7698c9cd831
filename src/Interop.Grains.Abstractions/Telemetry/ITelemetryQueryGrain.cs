using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>Reads events and PD executions for the front end. It has no state.</summary>
[Alias("Interop.ITelemetryQueryGrain")]
public interface ITelemetryQueryGrain : IQueryGrain
{
    /// <summary>The range of the next <paramref name="limit"/> events after a position. Without a limit it ends at the newest
    /// event.</summary>
    [Alias("FindEnd")]
    Task<EventRange> FindEnd(EventFilter filter, long after, long? limit);

    /// <summary>The next events of a range, oldest first, about 1 MiB of them.</summary>
    [Alias("ReadEvents")]
    Task<EventPage> ReadEvents(EventFilter filter, EventRange range);

    /// <summary>Events, the newest first, with their columns.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="before">The last event of the page before; null: the first page.</param>
    /// <param name="limit">The size of the page, at most 200.</param>
    [Alias("ListNewest")]
    Task<ImmutableArray<EventListItem>> ListNewest(EventFilter filter, long? before, int limit);

    /// <summary>How many events were received in each minute since the instant. Only the newest 200,000 events are looked at.</summary>
    [Alias("CountByMinute")]
    Task<ImmutableArray<MinuteCount>> CountByMinute(DateTimeOffset since);

    /// <summary>The next executions, the latest completed first, at most <paramref name="limit"/> (up to 1,000) of them.</summary>
    /// <param name="filter">Which executions.</param>
    /// <param name="after">The last execution that the caller has; null: from the beginning.</param>
    /// <param name="limit">The size of the page.</param>
    [Alias("ReadExecutions")]
    Task<ImmutableArray<PdExecution>> ReadExecutions(ExecutionFilter filter, ExecutionPosition? after, int limit);

    /// <summary>Counts, averages and percentiles over executions.</summary>
    [Alias("SummarizeExecutions")]
    Task<PdSummary> SummarizeExecutions(ExecutionFilter filter);
}

/// <summary>Which events to list; null members filter nothing.</summary>
/// <param name="Since">The earliest time of an event (its own timestamp).</param>
/// <param name="Until">The latest time.</param>
/// <param name="CorrelationId">The correlation id, or the id of the correlated request.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventFilter")]
public sealed record EventFilter(
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    string? EventType,
    string? Status,
    string? Source,
    string? Organization,
    string? CorrelationId
);

/// <summary>A range of positions. Positions increase in the order in which events were committed.</summary>
/// <param name="After">The position before the first event.</param>
/// <param name="Last">The position of the last event.</param>
/// <param name="IsFull">The range holds as many events as the limit allows.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventRange")]
public sealed record EventRange(long After, long Last, bool IsFull);

/// <summary>A part of a range of events.</summary>
/// <param name="Payloads">The original payloads, separated by commas.</param>
/// <param name="Count">The number of payloads.</param>
/// <param name="Last">The position of the last payload, or the end of the range if nothing is left.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventPage")]
public sealed record EventPage(string Payloads, int Count, long Last);

/// <summary>Which PD executions to list; null members filter nothing.</summary>
/// <param name="Since">The earliest time of completion.</param>
/// <param name="Until">The latest time of completion.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExecutionFilter")]
public sealed record ExecutionFilter(DateTimeOffset? Since, DateTimeOffset? Until, string? Status, string? Organization, string? Qhin);

/// <summary>A place in the list of executions.</summary>
[GenerateSerializer, Immutable, Alias("Interop.ExecutionPosition")]
public sealed record ExecutionPosition(DateTimeOffset CompletedAt, string ExecutionId);

/// <summary>One patient discovery request with its result.</summary>
[GenerateSerializer, Immutable, Alias("Interop.PdExecution")]
public sealed record PdExecution(
    string ExecutionId,
    DateTimeOffset StartedAt,
    DateTimeOffset CompletedAt,
    long DurationMs,
    string Status,
    long RequestCount
);

/// <summary>A summary of PD executions. Durations are in milliseconds.</summary>
/// <param name="TotalExecutions">The number of executions.</param>
/// <param name="SuccessCount">Those that succeeded.</param>
/// <param name="FailureCount">Those that failed.</param>
/// <param name="AverageDurationMs">The mean duration; 0 without executions.</param>
/// <param name="P50DurationMs">The median; null without executions.</param>
/// <param name="P95DurationMs">The 95th percentile; null without executions.</param>
/// <param name="ByOrganization">A summary per organization, the most executions first, at most 1,000.</param>
/// <param name="ByQhin">A summary per QHIN, the most executions first, at most 1,000.</param>
[GenerateSerializer, Immutable, Alias("Interop.PdSummary")]
public sealed record PdSummary(
    long TotalExecutions,
    long SuccessCount,
    long FailureCount,
    long AverageDurationMs,
    long? P50DurationMs,
    long? P95DurationMs,
    ImmutableArray<PdBreakdown> ByOrganization,
    ImmutableArray<PdBreakdown> ByQhin
);

/// <summary>The summary of one organization or QHIN.</summary>
/// <param name="Name">The organization or QHIN; null: the events do not name one.</param>
[GenerateSerializer, Immutable, Alias("Interop.PdBreakdown")]
public sealed record PdBreakdown(string? Name, long TotalExecutions, long SuccessCount, long FailureCount, long AverageDurationMs);

/// <param name="Minute">The minute's beginning, in UTC.</param>
/// <param name="Events">Events received in it; a minute without events is left out.</param>
[GenerateSerializer, Immutable, Alias("Interop.MinuteCount")]
public sealed record MinuteCount(DateTimeOffset Minute, long Events);

/// <summary>An event with its columns.</summary>
/// <param name="Id">Its position.</param>
/// <param name="Payload">The payload as received.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventListItem")]
public sealed record EventListItem(
    long Id,
    string EventId,
    string EventType,
    DateTimeOffset? TimestampUtc,
    string? Status,
    string? SourceSystem,
    string? Organization,
    string? Qhin,
    long? DurationMs,
    long? ResultCount,
    string? CorrelationId,
    JsonText Payload
);
