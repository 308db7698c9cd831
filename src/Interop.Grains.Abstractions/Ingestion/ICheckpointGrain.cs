namespace Interop.Ingestion;

/// <summary>
/// The lease and the watermark of one source and resource type; the key is <c>source/Type</c>.
/// It lets one run at a time in, and allocates it.
/// </summary>
[Alias("Interop.ICheckpointGrain")]
public interface ICheckpointGrain : IGrainWithStringKey
{
    /// <summary>Allocates a run and sets it going; the answer comes as soon as the run is recorded.</summary>
    [Alias("StartRun")]
    Task<StartRunResult> StartRun(RunRequest request);

    /// <summary>Allocates a run over the unresolved dead letters that <paramref name="runId"/> left at <paramref name="stage"/>.</summary>
    [Alias("StartReplay")]
    Task<StartRunResult> StartReplay(long runId, string stage);

    /// <summary>Forgets the watermark, so that the next run starts from the beginning. False when there was none.</summary>
    [Alias("Forget")]
    Task<bool> Forget();
}

/// <param name="LastSuccessfulLastupdated">The watermark: the server's own instants up to here are settled.</param>
[GenerateSerializer, Immutable, Alias("Interop.Checkpoint")]
public sealed record Checkpoint(string Source, string ResourceType, DateTimeOffset LastSuccessfulLastupdated, DateTimeOffset UpdatedAt);
