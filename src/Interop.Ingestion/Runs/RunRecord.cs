namespace Interop.Ingestion.Runs;

/// <summary>A row of <c>ingestion_runs</c>: everything that is known of a run.</summary>
internal sealed record RunRecord
{
    public long RunId { get; init; }

    public string Source { get; init; } = "";

    public string ResourceType { get; init; } = "";

    public string Status { get; init; } = "";

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Fencing token: incremented each time a worker claims the run. Only writes with the latest epoch succeed.</summary>
    public long Epoch { get; init; }

    /// <summary>Only this patient's resources.</summary>
    public string? PatientId { get; init; }

    /// <summary>The run ignores the checkpoint and fetches everything.</summary>
    public bool FullFetch { get; init; }

    /// <summary>One of <see cref="MissingPatientRule"/>.</summary>
    public string MissingPatients { get; init; } = MissingPatientRule.Ignore;

    public string? Job { get; init; }

    public string? TriggeredBy { get; init; }

    public int? Attempt { get; init; }

    public int? MaxAttempts { get; init; }

    public string? RunGroup { get; init; }

    public string? AirflowDagId { get; init; }

    public string? AirflowTaskId { get; init; }

    public string? AirflowRunId { get; init; }

    /// <summary>The kind of process that began the run: one of <see cref="Leases.ProcessKind"/> in lower case. A process resumes only runs
    /// of its own kind.</summary>
    public string ProcessKind { get; init; } = "server";

    /// <summary>The process that works on the run (<see cref="Leases.ProcessIdentity"/>); null when none does.</summary>
    public string? Owner { get; init; }

    /// <summary>When the owner last renewed its lease, in the database's time.</summary>
    public DateTimeOffset? HeartbeatAt { get; init; }

    /// <summary>The base URL of the source when the run began; null for a run that fetches nothing.</summary>
    public string? SourceUrl { get; init; }

    /// <summary>Where the resources come from: one of <see cref="RunMode"/>.</summary>
    public string Mode { get; init; } = RunMode.Search;

    /// <summary>In the mode search: into how many periods the caller wants the run to be split; null: the source's setting
    /// decides.</summary>
    public int? Partitions { get; init; }

    /// <summary>In the mode files: the folder or file that is read.</summary>
    public string? FilesPath { get; init; }

    /// <summary>In the mode bulk: the status URL of the export; null before its kick-off.</summary>
    public string? ExportUrl { get; init; }

    /// <summary>In the mode bulk: the instant that the export's files are a snapshot of.</summary>
    public DateTimeOffset? TransactionTime { get; init; }

    /// <summary>What the run waits for, such as a server that answers 503; null while it makes progress.</summary>
    public string? Waiting { get; init; }

    /// <summary>Requests to the server that were repeated.</summary>
    public long Retries { get; init; }

    /// <summary>Where the run's first search begins.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The server's clock at the run's first answer.</summary>
    public DateTimeOffset? ServerDate { get; init; }

    /// <summary>Where a resumed search begins, less the overlap; null when the server gives no order.</summary>
    public DateTimeOffset? Cursor { get; init; }

    /// <summary>The highest committed <c>_lastUpdated</c>: it becomes the checkpoint when the run succeeds.</summary>
    public DateTimeOffset? Watermark { get; init; }

    public long? ReplayOfRunId { get; init; }

    public string? ReplayStage { get; init; }

    /// <summary>The view whose table the run fills from the stored resources; null for a run that fetches.</summary>
    public string? ViewName { get; init; }

    /// <summary>The last dead letter that was replayed.</summary>
    public long ReplayCursor { get; init; }

    /// <summary>The last dead letter to replay.</summary>
    public long? ReplayUntil { get; init; }

    public long ReplaySourceCount { get; init; }

    public long ReplayMissingRaw { get; init; }

    public DateTimeOffset? CheckpointBefore { get; init; }

    public DateTimeOffset? CheckpointAfter { get; init; }

    public long Pages { get; init; }

    public long? Total { get; init; }

    public long Fetched { get; init; }

    public long Validated { get; init; }

    public long Invalid { get; init; }

    public long TransformErrors { get; init; }

    public long Upserted { get; init; }

    public long Unchanged { get; init; }

    public long Refetched { get; init; }

    public long LoadErrors { get; init; }

    public long DeadLetters { get; init; }

    public long Deleted { get; init; }

    public long Included { get; init; }

    public long PatientsFetched { get; init; }

    public long PatientsUpserted { get; init; }

    public double ResourcesPerSecond { get; init; }

    public string? ExportPath { get; init; }

    public string? Error { get; init; }

    /// <summary>One of <see cref="RunFailure"/> when the run ended with FAILED.</summary>
    public string? Failure { get; init; }

    /// <summary>A JSON array of texts.</summary>
    /// <summary>The most warnings that a run keeps.</summary>
    public const int MaxWarnings = 50;

    public string Warnings { get; init; } = "[]";

    public bool IsReplay => ReplayOfRunId is not null;

    public bool IsViewRebuild => ViewName is not null;

    public bool IsActive => RunStatus.IsActive(Status);

    /// <summary>Only a run over the whole type reads and moves the checkpoint.</summary>
    public bool MovesCheckpoint => !IsReplay && !IsViewRebuild && PatientId is null && Mode is not (RunMode.Files or RunMode.Reconcile);

    public RunMeta Meta => new(Job, TriggeredBy, Attempt, MaxAttempts, RunGroup, AirflowDagId, AirflowTaskId, AirflowRunId);

    public RunCounters Counters =>
        new(Fetched, Validated, Invalid, TransformErrors, Upserted, Unchanged, Refetched, LoadErrors, DeadLetters);

    public RunProgress Progress => new(RunId, Status, Pages, Fetched, Total, ResourcesPerSecond, Counters, IsActive ? Waiting : null);
}

/// <summary>The values of <c>ingestion_runs.missing_patients</c>: what a run does about resources whose patient is not stored.</summary>
internal static class MissingPatientRule
{
    public const string Ignore = "ignore";
    public const string DeadLetter = "dead_letter";
    public const string Fetch = "fetch";

    public static string Of(MissingPatients rule) =>
        rule switch
        {
            Ingestion.MissingPatients.DeadLetter => DeadLetter,
            Ingestion.MissingPatients.Fetch => Fetch,
            _ => Ignore,
        };
}
