using System.Text.Json;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>ingestion_runs</c> as runs write it. Every write of a run carries its epoch and fails when that has passed.</summary>
internal static class RunStore
{
    private const string IsActive = "status IN ('RUNNING', 'RETRYING')";

    // Commits of pages do not wait for the disk: a server that crashes may forget the last ones, and nothing may then follow them as if they were there.
    private const string IsAsKnown = $"run_id = @RunId AND epoch = @Epoch AND pages = @Pages AND {IsActive}";

    public static Task<RunRecord?> FindAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>("SELECT * FROM ingestion_runs WHERE run_id = @runId", new { runId }, cancellationToken);

    public static Task<RunRecord?> FindActiveAsync(DbSession session, string source, string resourceType, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>(
            $"SELECT * FROM ingestion_runs WHERE source = @source AND resource_type = @resourceType AND {IsActive}",
            new { source, resourceType },
            cancellationToken);

    public static Task<IReadOnlyList<long>> ActiveIdsAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<long>($"SELECT run_id FROM ingestion_runs WHERE {IsActive} ORDER BY run_id", null, cancellationToken);

    /// <summary>A new run, active at once. The database lets one in per source and type; null when another was first.</summary>
    public static Task<RunRecord?> InsertAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>(
            $"""
            INSERT INTO ingestion_runs (source, resource_type, status, started_at, request_json, since, checkpoint_before,
                                        replay_of_run_id, replay_stage, replay_until, replay_source_count, replay_missing_raw, view_name)
            VALUES (@Source, @ResourceType, @Status, @StartedAt, @RequestJson, @Since, @CheckpointBefore,
                    @ReplayOfRunId, @ReplayStage, @ReplayUntil, @ReplaySourceCount, @ReplayMissingRaw, @ViewName)
            ON CONFLICT (source, resource_type) WHERE {IsActive} DO NOTHING
            RETURNING *
            """,
            run,
            cancellationToken);

    /// <summary>Makes the caller the run's owner: whoever owned it before cannot write any more. Null when the run has ended.</summary>
    public static Task<RunRecord?> TakeUpAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>(
            $"UPDATE ingestion_runs SET epoch = epoch + 1 WHERE run_id = @runId AND {IsActive} RETURNING *", new { runId }, cancellationToken);

    /// <summary>Whether the run is the caller's, and the database holds every page of it that the caller knows of.</summary>
    public static Task<bool> IsAsKnownAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.ScalarAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM ingestion_runs WHERE {IsAsKnown})", new { run.RunId, run.Epoch, run.Pages }, cancellationToken);

    /// <summary>
    /// Why a write of the run was refused: it is not the writer's any more, or the database has forgotten pages that it had committed.
    /// </summary>
    public static async Task<Exception> RefusalAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        await FindAsync(session, run.RunId, cancellationToken) is { IsActive: true } stored && stored.Epoch == run.Epoch
            ? new PagesLostException(run.RunId, run.Pages, stored.Pages)
            : new LeaseLostException(run.RunId);

    /// <summary>
    /// A page was loaded: the counters and the cursor move with it. Null when the run is not what the caller knows (<see cref="RefusalAsync"/>).
    /// </summary>
    public static Task<RunRecord?> AdvanceAsync(
        DbSession session,
        RunRecord run,
        IncomingPage page,
        RunDelta delta,
        IReadOnlyList<string> warnings,
        double resourcesPerSecond,
        CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET
                pages = pages + 1, total = COALESCE(@Total, total), server_date = COALESCE(server_date, @ServerDate),
                cursor = @Cursor, watermark = COALESCE(@Watermark, watermark), replay_cursor = COALESCE(@ReplayCursor, replay_cursor),
                fetched = fetched + @Fetched, validated = validated + @Validated, invalid = invalid + @Invalid,
                transform_errors = transform_errors + @TransformErrors, upserted = upserted + @Upserted,
                unchanged = unchanged + @Unchanged, refetched = refetched + @Refetched, load_errors = load_errors + @LoadErrors,
                dead_letters = dead_letters + @DeadLetters, deleted = deleted + @Deleted, included = included + @Included,
                patients_fetched = patients_fetched + @PatientsFetched, patients_upserted = patients_upserted + @PatientsUpserted,
                resources_per_second = @resourcesPerSecond, warnings = @warnings
            WHERE {IsAsKnown}
            RETURNING *
            """,
            new
            {
                run.RunId,
                run.Epoch,
                run.Pages,
                page.Total,
                page.ServerDate,
                page.Cursor,
                page.Watermark,
                page.ReplayCursor,
                delta.Fetched,
                delta.Validated,
                delta.Invalid,
                delta.TransformErrors,
                delta.Upserted,
                delta.Unchanged,
                delta.Refetched,
                delta.LoadErrors,
                delta.DeadLetters,
                delta.Deleted,
                delta.Included,
                delta.PatientsFetched,
                delta.PatientsUpserted,
                resourcesPerSecond,
                warnings = JsonSerializer.Serialize(warnings),
            },
            cancellationToken);

    /// <summary>
    /// The run has ended; with SUCCESS its watermark becomes the checkpoint, in the same transaction. Null when it is not what the caller knows.
    /// </summary>
    public static async Task<RunRecord?> FinishAsync(
        DbSession session, RunRecord run, string status, string? error, string? exportPath, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The run first: who does not own it any more must not touch the checkpoint either.
        var ended = await session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET
                status = @status, error = @error, export_path = @exportPath, finished_at = @now, checkpoint_after = checkpoint_before
            WHERE {IsAsKnown}
            RETURNING *
            """,
            new { run.RunId, run.Epoch, run.Pages, status, error, exportPath, now },
            cancellationToken);
        if (ended is null)
            return null;
        await session.ExecuteAsync("DELETE FROM run_seen WHERE run_id = @RunId", new { run.RunId }, cancellationToken);
        if (status != RunStatus.Success || ended is not { MovesCheckpoint: true, Watermark: { } watermark })
            return ended;
        var after = await CheckpointStore.RaiseAsync(session, run.Source, run.ResourceType, watermark, now, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE ingestion_runs SET checkpoint_after = @after WHERE run_id = @RunId", new { run.RunId, after }, cancellationToken);
        return ended with { CheckpointAfter = after };
    }

    /// <summary>Ends an active run whoever owns it; its owner's next write fails. Null when it had ended.</summary>
    public static async Task<RunRecord?> CancelAsync(DbSession session, long runId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var cancelled = await session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET status = 'CANCELLED', epoch = epoch + 1, finished_at = @now, checkpoint_after = checkpoint_before
            WHERE run_id = @runId AND {IsActive}
            RETURNING *
            """,
            new { runId, now },
            cancellationToken);
        if (cancelled is not null)
            await session.ExecuteAsync("DELETE FROM run_seen WHERE run_id = @runId", new { runId }, cancellationToken);
        return cancelled;
    }
}
