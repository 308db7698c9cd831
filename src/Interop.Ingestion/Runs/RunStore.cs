using System.Text.Json;
using Interop.Ingestion.Leases;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>A process that wants to work on a run.</summary>
/// <param name="Owner">The process.</param>
/// <param name="MayReplaceOwn">Whether another worker of the same process may be replaced.</param>
/// <param name="SilentAfter">After this time without a heartbeat an owner is replaced.</param>
internal sealed record RunClaim(ProcessIdentity Owner, bool MayReplaceOwn, TimeSpan SilentAfter)
{
    public string ProcessKind => Owner.Kind.ToString().ToLowerInvariant();
}

/// <summary>How a run ends.</summary>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Failure">One of <see cref="RunFailure"/>, with an error.</param>
/// <param name="ExportPath">The folder of its files; null when it wrote none.</param>
internal sealed record RunEnd(string Status, string? Error = null, string? Failure = null, string? ExportPath = null);

/// <summary>The table <c>ingestion_runs</c>. Every write of a run carries its epoch and changes nothing when the run has a newer
/// one.</summary>
internal static partial class RunStore
{
    private const string IsActive = "status IN ('RUNNING', 'RETRYING')";

    // A commit of a page does not wait for the disk. When a crashed server has lost the last pages, no page may follow them.
    private const string IsAsKnown = $"run_id = @RunId AND epoch = @Epoch AND pages = @Pages AND {IsActive}";

    private const string IsOwned = $"run_id = @RunId AND epoch = @Epoch AND {IsActive}";

    // Any process may fill the table of a view.
    private const string IsOfKind = "(process_kind = @processKind OR view_name IS NOT NULL)";

    private sealed record Count(string Key, long Total);

    /// <summary>Inserts a new, active run. Null when the source and type have an active run already: a unique index allows one.</summary>
    public static Task<RunRecord?> InsertAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>(
            $"""
            INSERT INTO ingestion_runs (source, resource_type, status, started_at, patient_id, full_fetch, missing_patients, job, triggered_by,
                                        attempt, max_attempts, run_group, airflow_dag_id, airflow_task_id, airflow_run_id, since, checkpoint_before,
                                        process_kind, source_url,
                                        replay_of_run_id, replay_stage, replay_until, replay_source_count, replay_missing_raw, view_name,
                                        mode, files_path, partitions)
            VALUES (@Source, @ResourceType, @Status, @StartedAt, @PatientId, @FullFetch, @MissingPatients, @Job, @TriggeredBy,
                    @Attempt, @MaxAttempts, @RunGroup, @AirflowDagId, @AirflowTaskId, @AirflowRunId, @Since, @CheckpointBefore,
                    @ProcessKind, @SourceUrl,
                    @ReplayOfRunId, @ReplayStage, @ReplayUntil, @ReplaySourceCount, @ReplayMissingRaw, @ViewName,
                    @Mode, @FilesPath, @Partitions)
            ON CONFLICT (source, resource_type) WHERE {IsActive} DO NOTHING
            RETURNING *
            """,
            run,
            cancellationToken
        );

    /// <summary>
    /// Makes the caller the owner of the run: the owner before it cannot write any more. Null when the run has ended, was begun by another
    /// kind of process, or has an owner that is not silent.
    /// </summary>
    public static async Task<RunRecord?> ClaimAsync(DbSession session, long runId, RunClaim claim, CancellationToken cancellationToken)
    {
        var present = await FindAsync(session, runId, cancellationToken);
        if (present?.Owner is { } silent && silent != claim.Owner.ToString())
            await ProcessSessionStore.EndSilentAsync(session, runId, silent, claim.SilentAfter, cancellationToken);
        var claimed = await session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET epoch = epoch + 1, owner = @owner, heartbeat_at = {session.Now()}, waiting = NULL
            WHERE run_id = @runId AND {IsActive} AND {IsOfKind} AND ({IsFree(session, claim.SilentAfter)} OR owner = @own)
            RETURNING *
            """,
            new
            {
                runId,
                processKind = claim.ProcessKind,
                owner = claim.Owner.ToString(),
                own = claim.MayReplaceOwn ? claim.Owner.ToString() : null,
                ended = EndedOwner(present),
            },
            cancellationToken
        );
        if (claimed is not null)
            await RunClaimStore.AddAsync(session, claimed, claim, cancellationToken);
        return claimed;
    }

    /// <summary>Renews the lease and records what the run waits for and its retries; false when the run has another owner or has
    /// ended.</summary>
    public static async Task<bool> RenewAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"""
            UPDATE ingestion_runs SET heartbeat_at = {session.Now()}, waiting = @Waiting, retries = @Retries,
                resources_per_second = @ResourcesPerSecond
            WHERE {IsOwned}
            """,
            new
            {
                run.RunId,
                run.Epoch,
                run.Waiting,
                run.Retries,
                run.ResourcesPerSecond,
            },
            cancellationToken
        ) > 0;

    /// <summary>Gives the lease back, so that another process need not wait until it is silent.</summary>
    public static Task ReleaseAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"UPDATE ingestion_runs SET owner = NULL, heartbeat_at = NULL, waiting = NULL WHERE run_id = @RunId AND epoch = @Epoch AND {IsActive}",
            new { run.RunId, run.Epoch },
            cancellationToken
        );

    /// <summary>
    /// Ends a run of another kind of process that has no owner any more: nothing would resume it, and it keeps other runs out. What was
    /// committed stays. False when it has an owner, or this kind of process may resume it.
    /// </summary>
    public static async Task<bool> EndAbandonedAsync(
        DbSession session,
        RunRecord run,
        string processKind,
        TimeSpan silentAfter,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var ended =
            await session.ExecuteAsync(
                $"""
                UPDATE ingestion_runs SET status = 'FAILED', epoch = epoch + 1, finished_at = @now, checkpoint_after = checkpoint_before, owner = NULL,
                    waiting = NULL, error = @error, failure = 'internal'
                WHERE run_id = @RunId AND {IsActive} AND NOT {IsOfKind} AND {IsFree(session, silentAfter)}
                """,
                new
                {
                    run.RunId,
                    processKind,
                    now,
                    ended = EndedOwner(run),
                    error = $"interrupted: the {run.ProcessKind} process that began it has ended, and a {processKind} process began a new run",
                },
                cancellationToken
            ) > 0;
        if (ended)
            await ForgetProgressAsync(session, run.RunId, cancellationToken);
        return ended;
    }

    /// <summary>Locks the run's row for a write beside its pages.</summary>
    /// <exception cref="LeaseLostException">The run has another owner or has ended.</exception>
    public static async Task FenceAsync(DbSession session, RunRecord run, CancellationToken cancellationToken)
    {
        var held = await session.ExecuteAsync(
            $"UPDATE ingestion_runs SET epoch = epoch WHERE run_id = @RunId AND epoch = @Epoch AND {IsActive}",
            new { run.RunId, run.Epoch },
            cancellationToken
        );
        if (held == 0)
            throw new LeaseLostException(run.RunId);
    }

    /// <summary>Records the server's clock at the run's first answer.</summary>
    public static Task SetServerDateAsync(
        DbSession session,
        RunRecord run,
        DateTimeOffset serverDate,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            "UPDATE ingestion_runs SET server_date = COALESCE(server_date, @serverDate) WHERE run_id = @RunId",
            new { run.RunId, serverDate },
            cancellationToken
        );

    /// <summary>Records where the resources come from, once that is decided.</summary>
    /// <exception cref="LeaseLostException">The run has another owner or has ended.</exception>
    public static async Task SetModeAsync(DbSession session, RunRecord run, string mode, CancellationToken cancellationToken)
    {
        await FenceAsync(session, run, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE ingestion_runs SET mode = @mode WHERE run_id = @RunId",
            new { run.RunId, mode },
            cancellationToken
        );
    }

    /// <summary>Records the export that the run reads, and the instant of its snapshot once that is known.</summary>
    /// <exception cref="LeaseLostException">The run has another owner or has ended.</exception>
    public static async Task RecordExportAsync(
        DbSession session,
        RunRecord run,
        string exportUrl,
        DateTimeOffset? transactionTime,
        CancellationToken cancellationToken
    )
    {
        await FenceAsync(session, run, cancellationToken);
        await session.ExecuteAsync(
            """
            UPDATE ingestion_runs SET export_url = @exportUrl, transaction_time = COALESCE(@transactionTime, transaction_time)
            WHERE run_id = @RunId
            """,
            new
            {
                run.RunId,
                exportUrl,
                transactionTime,
            },
            cancellationToken
        );
    }

    /// <summary>Whether the caller still owns the run, and the database holds every page that the caller knows of.</summary>
    public static Task<bool> IsAsKnownAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.ScalarAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM ingestion_runs WHERE {IsAsKnown})",
            new
            {
                run.RunId,
                run.Epoch,
                run.Pages,
            },
            cancellationToken
        );

    /// <summary>Why a write of the run was refused: the run has another owner or has ended, or the database has lost committed
    /// pages.</summary>
    public static async Task<Exception> RefusalAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        await FindAsync(session, run.RunId, cancellationToken) is { IsActive: true } stored && stored.Epoch == run.Epoch
            ? new PagesLostException(run.RunId, run.Pages, stored.Pages)
            : new LeaseLostException(run.RunId);

    /// <summary>
    /// Adds a loaded page: position, counters and warnings. Null when the run is not as the caller knows it (<see cref="RefusalAsync"/>).
    /// Several workers add the pages of partitions: there the run need only have its owner, and each partition is checked for itself.
    /// </summary>
    /// <param name="warnings">All warnings of the run; null: as they are.</param>
    /// <param name="resourcesPerSecond">Null: as it is.</param>
    public static Task<RunRecord?> AdvanceAsync(
        DbSession session,
        RunRecord run,
        PagePosition page,
        PageCounters counters,
        IReadOnlyList<string>? warnings,
        double? resourcesPerSecond,
        CancellationToken cancellationToken
    ) =>
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
                resources_per_second = COALESCE(@resourcesPerSecond, resources_per_second), warnings = COALESCE(@warnings, warnings),
                heartbeat_at = {session.Now()}
            WHERE {(page.Part is { Before: not null } ? IsOwned : IsAsKnown)}
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
                counters.Fetched,
                counters.Validated,
                counters.Invalid,
                counters.TransformErrors,
                counters.Upserted,
                counters.Unchanged,
                counters.Refetched,
                counters.LoadErrors,
                counters.DeadLetters,
                counters.Deleted,
                counters.Included,
                counters.PatientsFetched,
                counters.PatientsUpserted,
                resourcesPerSecond,
                warnings = warnings is null ? null : JsonSerializer.Serialize(warnings),
            },
            cancellationToken
        );

    /// <summary>
    /// Ends the run. With SUCCESS its watermark becomes the checkpoint, in the same transaction. The commit waits for the disk, whatever
    /// the server is set to, and makes the pages before it durable. Null when the run is not as the caller knows it
    /// (<see cref="RefusalAsync"/>).
    /// </summary>
    public static async Task<RunRecord?> FinishAsync(
        DbSession session,
        RunRecord run,
        RunEnd end,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync(
                "SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END",
                null,
                cancellationToken
            );
        // The run first: a worker that does not own it must not touch the checkpoint either.
        var ended = await session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET
                status = @Status, error = @Error, failure = @Failure, export_path = @ExportPath, finished_at = @now,
                checkpoint_after = checkpoint_before, owner = NULL, waiting = NULL, retries = @Retries
            WHERE {IsAsKnown}
            RETURNING *
            """,
            new
            {
                run.RunId,
                run.Epoch,
                run.Pages,
                run.Retries,
                end.Status,
                end.Error,
                end.Failure,
                end.ExportPath,
                now,
            },
            cancellationToken
        );
        if (ended is null)
            return null;
        await ForgetProgressAsync(session, run.RunId, cancellationToken);
        if (end.Status != RunStatus.Success || ended is not { MovesCheckpoint: true, Watermark: { } watermark })
            return ended;
        var after = await CheckpointStore.RaiseAsync(session, run.Source, run.ResourceType, watermark, now, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE ingestion_runs SET checkpoint_after = @after WHERE run_id = @RunId",
            new { run.RunId, after },
            cancellationToken
        );
        return ended with { CheckpointAfter = after };
    }

    /// <summary>Ends an active run, whichever worker owns it; the owner's next write fails. Null when the run had ended.</summary>
    public static async Task<RunRecord?> CancelAsync(DbSession session, long runId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var cancelled = await session.FirstAsync<RunRecord>(
            $"""
            UPDATE ingestion_runs SET status = 'CANCELLED', epoch = epoch + 1, finished_at = @now, checkpoint_after = checkpoint_before,
                owner = NULL, waiting = NULL
            WHERE run_id = @runId AND {IsActive}
            RETURNING *
            """,
            new { runId, now },
            cancellationToken
        );
        if (cancelled is not null)
            await ForgetProgressAsync(session, runId, cancellationToken);
        return cancelled;
    }

    /// <summary>Removes what only an active run needs.</summary>
    private static async Task ForgetProgressAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        await RunSeenStore.DeleteAsync(session, runId, cancellationToken);
        await RunPartStore.DeleteAsync(session, runId, 0, cancellationToken);
    }

    /// <summary>No process works on the run: it was released, its owner is silent, or its owner's process has ended.</summary>
    private static string IsFree(DbSession session, TimeSpan silentAfter) =>
        $"(owner IS NULL OR owner = @ended OR heartbeat_at IS NULL OR heartbeat_at < {session.Ago(silentAfter)})";

    private static string? EndedOwner(RunRecord? run) =>
        run?.Owner is { } owner && ProcessIdentity.Parse(owner)?.HasEnded() == true ? owner : null;
}
