using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>Rebuilds the PD executions; one grain, key 0, so that one rebuild runs at a time.</summary>
[Alias("Interop.IPdExecutionGrain")]
public interface IPdExecutionGrain : IGrainWithIntegerKey
{
    /// <summary>Makes the executions anew from all events of their type and tells how far it is; done again it changes nothing.</summary>
    [Alias("Materialize")]
    IAsyncEnumerable<MaterializeProgress> Materialize(CancellationToken cancellationToken = default);
}

/// <param name="Materialized">Events that made an execution, so far.</param>
/// <param name="Skipped">Events that lack what is needed.</param>
/// <param name="SkippedEvents">The first of them.</param>
[GenerateSerializer, Immutable, Alias("Interop.MaterializeProgress")]
public sealed record MaterializeProgress(long Materialized, long Skipped, ImmutableArray<SkippedEvent> SkippedEvents);

[GenerateSerializer, Immutable, Alias("Interop.SkippedEvent")]
public sealed record SkippedEvent(string EventId, string Reason);
