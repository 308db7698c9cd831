using System.Collections.Immutable;
using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The reads of <c>ingestion_runs</c>.</summary>
internal static partial class RunStore
{
    public static Task<RunRecord?> FindAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.FirstAsync<RunRecord>("SELECT * FROM ingestion_runs WHERE run_id = @runId", new { runId }, cancellationToken);

    /// <summary>The warnings of a run so far.</summary>
    public static async Task<List<string>> WarningsAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<List<string>>(
            await session.ScalarAsync<string>("SELECT warnings FROM ingestion_runs WHERE run_id = @runId", new { runId }, cancellationToken)
                ?? "[]"
        ) ?? [];

    public static Task<RunRecord?> FindActiveAsync(
        DbSession session,
        string source,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        session.FirstAsync<RunRecord>(
            $"SELECT * FROM ingestion_runs WHERE source = @source AND resource_type = @resourceType AND {IsActive}",
            new { source, resourceType },
            cancellationToken
        );

    /// <summary>The active runs that a process of this kind may resume.</summary>
    public static Task<IReadOnlyList<long>> ActiveIdsAsync(DbSession session, string processKind, CancellationToken cancellationToken) =>
        session.QueryAsync<long>(
            $"SELECT run_id FROM ingestion_runs WHERE {IsActive} AND {IsOfKind} ORDER BY run_id",
            new { processKind },
            cancellationToken
        );

    /// <summary>All active runs.</summary>
    public static Task<IReadOnlyList<long>> ActiveIdsAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<long>($"SELECT run_id FROM ingestion_runs WHERE {IsActive}", null, cancellationToken);

    /// <summary>The runs that the filter lets through, newest first.</summary>
    public static Task<IReadOnlyList<RunRecord>> ListAsync(DbSession session, RunFilter filter, CancellationToken cancellationToken)
    {
        var where = SqlConditions.All(
            (filter.ResourceType, "resource_type = @ResourceType"),
            (filter.Source, "source = @Source"),
            (filter.Status, "status = @Status"),
            (filter.Since, "started_at >= @Since"),
            (filter.Until, "started_at <= @Until"),
            (filter.Job, "job = @Job"),
            (filter.Trigger, "triggered_by = @Trigger"),
            (filter.Before, "run_id < @Before")
        );
        return session.QueryAsync<RunRecord>(
            $"SELECT * FROM ingestion_runs WHERE {where} ORDER BY run_id DESC LIMIT @Limit",
            filter,
            cancellationToken
        );
    }

    /// <summary>The replays of a run, oldest first.</summary>
    public static Task<IReadOnlyList<RunRecord>> ListReplaysAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.QueryAsync<RunRecord>(
            "SELECT * FROM ingestion_runs WHERE resource_type = @ResourceType AND run_id > @RunId AND replay_of_run_id = @RunId ORDER BY run_id LIMIT 100",
            new { run.ResourceType, run.RunId },
            cancellationToken
        );

    public static Task<IReadOnlyList<RunRecord>> ListActiveAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<RunRecord>($"SELECT * FROM ingestion_runs WHERE {IsActive} ORDER BY run_id DESC", null, cancellationToken);

    /// <summary>The newest runs of each source and type. Of a long history only the newest 2,000 runs are looked at.</summary>
    public static Task<IReadOnlyList<RunRecord>> ListLatestAsync(DbSession session, int perType, CancellationToken cancellationToken) =>
        session.QueryAsync<RunRecord>(
            """
            SELECT * FROM (
                SELECT newest.*, ROW_NUMBER() OVER (PARTITION BY source, resource_type ORDER BY run_id DESC) AS place
                FROM (SELECT * FROM ingestion_runs ORDER BY run_id DESC LIMIT 2000) AS newest
            ) AS placed WHERE place <= @perType ORDER BY run_id DESC
            """,
            new { perType },
            cancellationToken
        );

    /// <summary>The sources that had a run which fetches, in order.</summary>
    public static Task<IReadOnlyList<string>> SourcesAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<string>(
            "SELECT DISTINCT source FROM ingestion_runs WHERE view_name IS NULL ORDER BY source",
            null,
            cancellationToken
        );

    public static Task<ImmutableSortedDictionary<string, long>> CountByStatusAsync(
        DbSession session,
        CancellationToken cancellationToken
    ) => CountAsync(session, "SELECT status AS key, COUNT(*) AS total FROM ingestion_runs GROUP BY status", cancellationToken);

    public static Task<ImmutableSortedDictionary<string, long>> CountByTypeAsync(DbSession session, CancellationToken cancellationToken) =>
        CountAsync(session, "SELECT resource_type AS key, COUNT(*) AS total FROM ingestion_runs GROUP BY resource_type", cancellationToken);

    private static async Task<ImmutableSortedDictionary<string, long>> CountAsync(
        DbSession session,
        string sql,
        CancellationToken cancellationToken
    ) => (await session.QueryAsync<Count>(sql, null, cancellationToken)).ToImmutableSortedDictionary(c => c.Key, c => c.Total);
}
