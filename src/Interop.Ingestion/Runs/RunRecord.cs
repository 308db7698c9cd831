using System.Text.Json;

namespace Interop.Ingestion.Runs;

/// <summary>A row of <c>ingestion_runs</c>: all that is known of a run.</summary>
internal sealed record RunRecord
{
    public long RunId { get; init; }

    public string Source { get; init; } = "";

    public string ResourceType { get; init; } = "";

    public string Status { get; init; } = "";

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Counts the takings-up; only the last writer's writes succeed.</summary>
    public long Epoch { get; init; }

    /// <summary>The <see cref="RunRequest"/> as JSON.</summary>
    public string RequestJson { get; init; } = "{}";

    /// <summary>Where an undisturbed run begins.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The server's clock at the run's first answer.</summary>
    public DateTimeOffset? ServerDate { get; init; }

    /// <summary>Where a resumed search begins, less the overlap; null where the server's order gives no such place.</summary>
    public DateTimeOffset? Cursor { get; init; }

    /// <summary>The highest committed <c>_lastUpdated</c>: the checkpoint that the run leaves when it succeeds.</summary>
    public DateTimeOffset? Watermark { get; init; }

    public long? ReplayOfRunId { get; init; }

    public string? ReplayStage { get; init; }

    /// <summary>The view whose table the run fills from what is stored; null for a run that fetches.</summary>
    public string? ViewName { get; init; }

    /// <summary>The last letter that was replayed.</summary>
    public long ReplayCursor { get; init; }

    /// <summary>The last letter to replay.</summary>
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

    /// <summary>A JSON array of texts.</summary>
    public string Warnings { get; init; } = "[]";

    public RunRequest Request => JsonSerializer.Deserialize<RunRequest>(RequestJson)!;

    public bool IsReplay => ReplayOfRunId is not null;

    public bool IsViewRebuild => ViewName is not null;

    public bool IsActive => RunStatus.IsActive(Status);

    /// <summary>Only a run over everything of its type reads and moves the checkpoint.</summary>
    public bool MovesCheckpoint => !IsReplay && !IsViewRebuild && Request.PatientId is null;

    public RunCounters Counters => new(
        Fetched, Validated, Invalid, TransformErrors, Upserted, Unchanged, Refetched, LoadErrors, DeadLetters);

    public RunProgress Progress => new(RunId, Status, Pages, Fetched, Total, ResourcesPerSecond, Counters);
}
