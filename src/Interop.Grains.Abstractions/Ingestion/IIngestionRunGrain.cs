using System.Text.Json.Serialization;

namespace Interop.Ingestion;

/// <summary>One run; the key is the run id. The grain owns the run's worker while the run is active. What is known of the run is in the
/// database.</summary>
[Alias("Interop.IIngestionRunGrain")]
public interface IIngestionRunGrain : IGrainWithIntegerKey
{
    /// <summary>Starts the run's work from its last committed page, or from its start. Does nothing when the run is worked on or has
    /// ended.</summary>
    [Alias("Resume"), ResponseTimeout("00:00:10")]
    Task Resume();

    /// <summary>Cancels the run; what was committed stays. False when it had ended already.</summary>
    [Alias("Cancel"), ResponseTimeout("00:00:10")]
    Task<bool> Cancel();

    /// <summary>The run's progress as it changes. The last item is the state in which the run ended.</summary>
    [Alias("Follow")]
    IAsyncEnumerable<RunProgress> Follow(CancellationToken cancellationToken = default);
}

/// <summary>How far a run has come. It counts committed work only, so a crash never sets it back.</summary>
/// <param name="Total">How many resources the server says the search has; null when it does not say.</param>
/// <param name="ResourcesPerSecond">Since the run was last claimed.</param>
/// <param name="Waiting">What the run waits for, such as a further try; null while it makes progress.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunProgress")]
public sealed record RunProgress(
    long RunId,
    string Status,
    long Pages,
    long Fetched,
    long? Total,
    double ResourcesPerSecond,
    RunCounters Counters,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Waiting = null
);

/// <summary>
/// What a run did. Each version of a resource counts once, also when it came several times.
/// <c>Fetched = Validated + Invalid</c> and <c>Validated = Upserted + Unchanged + TransformErrors + LoadErrors</c>.
/// </summary>
/// <param name="Unchanged">Valid, and stored by an earlier run in this or a newer version.</param>
/// <param name="Refetched">Came again after this run had counted it. The only counter that an interruption changes.</param>
/// <param name="DeadLetters">Dead letters that this run opened.</param>
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
    long DeadLetters
)
{
    /// <summary>All counters zero.</summary>
    public static RunCounters Zero { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
