namespace Interop.Ingestion;

/// <summary>What a run does about resources whose patient is not stored.</summary>
public enum MissingPatients
{
    /// <summary>They are loaded like all others.</summary>
    Ignore,

    /// <summary>They become dead letters (stage load), resolved by a replay once the patient is there.</summary>
    DeadLetter,

    /// <summary>The patients are fetched first. Resources of patients that cannot be fetched become dead letters.</summary>
    Fetch,
}

/// <summary>What to ingest, and the caller's words about the run.</summary>
/// <param name="PatientId">Only this patient's resources; such a run neither reads nor moves the checkpoint.</param>
/// <param name="Full">Ignore the checkpoint and fetch everything; the checkpoint never moves back.</param>
/// <param name="MissingPatients">What to do about resources whose patient is not stored.</param>
/// <param name="Meta">The caller's words about the run.</param>
/// <param name="Adopt">The server has moved: its new base URL replaces the one that the source was filled from.</param>
/// <param name="Mode">One of <see cref="RunMode.OfServers"/>; null: what the source's settings say.</param>
/// <param name="Files">A folder or file of the machine that executes the run, instead of a server. Only the command line sets it.</param>
/// <param name="Partitions">Into how many periods that are read at the same time a search for everything is split, 1 to 32, however small
/// the type is; null: the source's setting decides, and only large types are split.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunRequest")]
public sealed record RunRequest(
    string? PatientId,
    bool Full,
    MissingPatients MissingPatients,
    RunMeta Meta,
    bool Adopt = false,
    string? Mode = null,
    string? Files = null,
    int? Partitions = null
);

/// <summary>The caller's words about a run, shown under <c>details.run_meta</c>. Only <paramref name="Attempt"/> has an effect: above 1 the
/// run's status is RETRYING.</summary>
[GenerateSerializer, Immutable, Alias("Interop.RunMeta")]
public sealed record RunMeta(
    string? Job,
    string? Trigger,
    int? Attempt,
    int? MaxAttempts,
    string? RunGroup,
    string? AirflowDagId,
    string? AirflowTaskId,
    string? AirflowRunId
)
{
    /// <summary>No words about the run.</summary>
    public static RunMeta None { get; } = new(null, null, null, null, null, null, null, null);
}

/// <summary>The result of an attempt to start a run.</summary>
public enum StartOutcome
{
    /// <summary>The run was started.</summary>
    Started,

    /// <summary>Another run of the same source and type is active.</summary>
    AlreadyActive,

    /// <summary>The settings have no source of this name.</summary>
    UnknownSource,

    /// <summary>R4 has no such resource type.</summary>
    UnknownType,

    /// <summary>The run to replay does not exist.</summary>
    UnknownRun,

    /// <summary>The run to replay filled a view table and fetched nothing.</summary>
    NothingFetched,

    /// <summary>The source was filled from another server.</summary>
    OtherServer,

    /// <summary>The patient id is not a FHIR id.</summary>
    InvalidPatientId,
}

/// <summary>A started run, or why none was started.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="RunId">The new run, or the active one; 0 when there is neither.</param>
/// <param name="Status">That run's status.</param>
/// <param name="Reason">Why no run was started, and what to do.</param>
[GenerateSerializer, Immutable, Alias("Interop.StartRunResult")]
public sealed record StartRunResult(StartOutcome Outcome, long RunId, string Status, string? Reason = null);
