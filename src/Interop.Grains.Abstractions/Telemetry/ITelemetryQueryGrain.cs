using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>Reads events and PD executions for the front end; holds nothing.</summary>
[Alias("Interop.ITelemetryQueryGrain")]
public interface ITelemetryQueryGrain : IQueryGrain
{
    /// <summary>Where a reading of at most <paramref name="limit"/> events after <paramref name="after"/> ends; null limit: with the newest event now.</summary>
    [Alias("FindEnd")]
    Task<EventRange> FindEnd(EventFilter filter, long after, long? limit);

    /// <summary>The next events of a range, oldest first, at most 1 MiB of them.</summary>
    [Alias("ReadEvents")]
    Task<EventPage> ReadEvents(EventFilter filter, EventRange range);

    /// <summary>Executions, newest completed first.</summary>
    [Alias("ListExecutions")]
    Task<ImmutableArray<PdExecution>> ListExecutions(ExecutionFilter filter, int limit);

    /// <summary>Counts, averages and percentiles over executions.</summary>
    [Alias("SummarizeExecutions")]
    Task<PdSummary> SummarizeExecutions(ExecutionFilter filter);
}

/// <param name="Since">The first instant of an event's own time that counts.</param>
/// <param name="Until">The last one.</param>
/// <param name="CorrelationId">The correlation id or the correlated request's id.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventFilter")]
public sealed record EventFilter(
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    string? EventType,
    string? Status,
    string? Source,
    string? Organization,
    string? CorrelationId);

/// <summary>Events by position: positions rise in the order in which events were committed.</summary>
/// <param name="After">The position before the first.</param>
/// <param name="Last">The position of the last.</param>
/// <param name="IsFull">As many events as were asked for lie in it.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventRange")]
public sealed record EventRange(long After, long Last, bool IsFull);

/// <param name="Payloads">The original payloads, separated by commas.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Last">The position of the last; the range's end when nothing is left.</param>
[GenerateSerializer, Immutable, Alias("Interop.EventPage")]
public sealed record EventPage(string Payloads, int Count, long Last);

/// <param name="Since">The first instant of completion that counts.</param>
/// <param name="Until">The last one.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExecutionFilter")]
public sealed record ExecutionFilter(DateTimeOffset? Since, DateTimeOffset? Until, string? Status, string? Organization, string? Qhin);

/// <summary>One patient discovery request as it ended.</summary>
[GenerateSerializer, Immutable, Alias("Interop.PdExecution")]
public sealed record PdExecution(
    string ExecutionId, DateTimeOffset StartedAt, DateTimeOffset CompletedAt, long DurationMs, string Status, long RequestCount);

[GenerateSerializer, Immutable, Alias("Interop.PdSummary")]
public sealed record PdSummary(
    long TotalExecutions,
    long SuccessCount,
    long FailureCount,
    long AverageDurationMs,
    long? P50DurationMs,
    long? P95DurationMs,
    ImmutableArray<PdBreakdown> ByOrganization,
    ImmutableArray<PdBreakdown> ByQhin);

/// <param name="Name">Of the organization or QHIN; null: the events did not say.</param>
[GenerateSerializer, Immutable, Alias("Interop.PdBreakdown")]
public sealed record PdBreakdown(string? Name, long TotalExecutions, long SuccessCount, long FailureCount, long AverageDurationMs);
