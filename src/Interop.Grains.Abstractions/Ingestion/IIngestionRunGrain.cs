namespace Interop.Ingestion;

/// <summary>One run: owns its pipeline while it is under way; the key is the run id. The truth about it is in the database.</summary>
[Alias("Interop.IIngestionRunGrain")]
public interface IIngestionRunGrain : IGrainWithIntegerKey
{
    /// <summary>Takes the run up, from its beginning or from its last committed page. Harmless when it is under way or has ended.</summary>
    [Alias("TakeUp")]
    Task TakeUp();

    /// <summary>Ends the run; what was committed stays. False when it had ended already.</summary>
    [Alias("Cancel")]
    Task<bool> Cancel();

    /// <summary>The run's progress as it changes, ending with the state in which the run ended.</summary>
    [Alias("Follow")]
    IAsyncEnumerable<RunProgress> Follow(CancellationToken cancellationToken = default);
}

/// <summary>How far a run has come: committed work only, so it never goes back after a crash.</summary>
/// <param name="Total">What the server said the search holds, where it said so.</param>
/// <param name="ResourcesPerSecond">Over the time since the run was last taken up.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunProgress")]
public sealed record RunProgress(
    long RunId,
    string Status,
    long Pages,
    long Fetched,
    long? Total,
    double ResourcesPerSecond,
    RunCounters Counters);

/// <summary>
/// What a run did, each version of a resource counted once however often pages, restarts and resumptions brought it.
/// <c>Fetched = Validated + Invalid</c> and <c>Validated = Upserted + Unchanged + TransformErrors + LoadErrors</c>.
/// </summary>
/// <param name="Unchanged">Valid, and already stored by an earlier run in this or a newer version.</param>
/// <param name="Refetched">Brought again after this run had counted it; the only counter that an interruption may change.</param>
/// <param name="DeadLetters">Letters that this run opened.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunCounters")]
public sealed record RunCounters(
    long Fetched,
    long Validated,
    long Invalid,
    long TransformErrors,
    long Upserted,
    long Unchanged,
    long Refetched,
    long LoadErrors,
    long DeadLetters)
{
    /// <summary>Nothing yet.</summary>
    public static RunCounters Zero { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
