namespace Interop.Ingestion;

/// <summary>What a run does about resources whose patient is not in the database.</summary>
public enum MissingPatients
{
    /// <summary>The type does not point to a patient, or nobody minds.</summary>
    Ignore,

    /// <summary>They become dead letters (stage load), resolved by a replay once the patient is there.</summary>
    DeadLetter,

    /// <summary>The patients are fetched first; who cannot be fetched leaves dead letters.</summary>
    Fetch,
}

/// <summary>What to ingest, and what the caller wants to see again in the run's details.</summary>
/// <param name="PatientId">Only this patient's resources; such a run neither reads nor moves the checkpoint.</param>
/// <param name="Full">Ignore the checkpoint and fetch everything; the checkpoint never moves back.</param>
/// <param name="MissingPatients">What becomes of resources whose patient is unknown.</param>
/// <param name="Meta">The caller's own words about the run.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunRequest")]
public sealed record RunRequest(string? PatientId, bool Full, MissingPatients MissingPatients, RunMeta Meta);

/// <summary>Whose run it is: kept under <c>details.run_meta</c>, never interpreted but for <paramref name="Attempt"/> (above 1 the run shows RETRYING).</summary>
[GenerateSerializer, Immutable, Alias("Interop.RunMeta")]
public sealed record RunMeta(
    string? Job,
    string? Trigger,
    int? Attempt,
    int? MaxAttempts,
    string? RunGroup,
    string? AirflowDagId,
    string? AirflowTaskId,
    string? AirflowRunId)
{
    /// <summary>A run that nobody described.</summary>
    public static RunMeta None { get; } = new(null, null, null, null, null, null, null, null);
}

/// <summary>How an attempt to start a run came out.</summary>
public enum StartOutcome
{
    /// <summary>The run exists and is under way.</summary>
    Started,

    /// <summary>Another run of the same source and type is under way.</summary>
    AlreadyActive,

    /// <summary>The settings know no source of this name.</summary>
    UnknownSource,

    /// <summary>R4 has no such resource type.</summary>
    UnknownType,

    /// <summary>The run to replay does not exist.</summary>
    UnknownRun,

    /// <summary>The run to replay filled a view's table and fetched nothing.</summary>
    NothingFetched,
}

/// <param name="Outcome">What happened.</param>
/// <param name="RunId">The new run, or the one that is in the way; 0 when there is neither.</param>
/// <param name="Status">That run's status.</param>
[GenerateSerializer, Immutable, Alias("Interop.StartRunResult")]
public sealed record StartRunResult(StartOutcome Outcome, long RunId, string Status);
