namespace Interop.Ingestion;

/// <summary>
/// The checkpoint of one source and resource type; the key is <c>source/Type</c> (<see cref="IngestionGrains"/>). It starts runs; one run
/// of a source and type is active at a time.
/// </summary>
[Alias("Interop.ICheckpointGrain")]
public interface ICheckpointGrain : IGrainWithStringKey
{
    /// <summary>Starts a run; returns as soon as the run is recorded.</summary>
    [Alias("StartRun"), ResponseTimeout("00:00:10")]
    Task<StartRunResult> StartRun(RunRequest request);

    /// <summary>Starts a replay: a run over the unresolved dead letters that <paramref name="runId"/> left at
    /// <paramref name="stage"/>.</summary>
    [Alias("StartReplay"), ResponseTimeout("00:00:10")]
    Task<StartRunResult> StartReplay(long runId, string stage);

    /// <summary>Deletes the checkpoint, so that the next run fetches everything. False when there was none.</summary>
    [Alias("Forget"), ResponseTimeout("00:00:10")]
    Task<bool> Forget();
}

/// <summary>The watermark of the last run of a source and type that ended in SUCCESS.</summary>
/// <param name="LastSuccessfulLastupdated">Everything that the server stamped up to this instant is settled.</param>
[GenerateSerializer, Immutable, Alias("Interop.Checkpoint")]
public sealed record Checkpoint(string Source, string ResourceType, DateTimeOffset LastSuccessfulLastupdated, DateTimeOffset UpdatedAt);
