using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>Rebuilds the PD executions. There is one grain, with key 0, so that one rebuild runs at a time.</summary>
[Alias("Interop.IPdExecutionGrain")]
public interface IPdExecutionGrain : IGrainWithIntegerKey
{
    /// <summary>Makes the executions anew from all events of their type and reports the progress. A second rebuild changes
    /// nothing.</summary>
    [Alias("Materialize")]
    IAsyncEnumerable<MaterializeProgress> Materialize(CancellationToken cancellationToken = default);
}

/// <summary>The progress of a rebuild of the PD executions.</summary>
/// <param name="Materialized">The number of events from which an execution was made so far.</param>
/// <param name="Skipped">The number of events that lack a value.</param>
/// <param name="SkippedEvents">The first 100 of them.</param>
[GenerateSerializer, Immutable, Alias("Interop.MaterializeProgress")]
public sealed record MaterializeProgress(long Materialized, long Skipped, ImmutableArray<SkippedEvent> SkippedEvents);

/// <summary>An event from which no PD execution was made.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Reason">Why no execution could be made from it.</param>
[GenerateSerializer, Immutable, Alias("Interop.SkippedEvent")]
public sealed record SkippedEvent(string EventId, string Reason);
