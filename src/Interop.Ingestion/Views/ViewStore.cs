using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>
/// The tables <c>views</c> and <c>view_epoch</c>. Who writes rows of views holds the views still until the commit; who changes a view
/// waits for those, and none of them begins before the change is committed.
/// </summary>
internal static class ViewStore
{
    // Any number will do, if all use the same.
    private const long ViewsLock = 0x496E7465726F7056;

    /// <summary>Keeps the views as they are until the transaction ends, and says which epoch that is.</summary>
    public static async Task<long> HoldAsync(DbSession session, CancellationToken cancellationToken)
    {
        // SQLite has one writer anyway. A lock that waited is followed by a statement of its own, which sees what it waited for.
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SELECT pg_advisory_xact_lock_shared({ViewsLock})", null, cancellationToken);
        return await EpochAsync(session, cancellationToken);
    }

    /// <summary>Waits until nobody writes rows of views, and lets nobody begin until the transaction ends.</summary>
    public static async Task LockAsync(DbSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SELECT pg_advisory_xact_lock({ViewsLock})", null, cancellationToken);
    }

    public static Task<long> EpochAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT epoch FROM view_epoch", null, cancellationToken);

    public static Task<IReadOnlyList<ViewRecord>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<ViewRecord>("SELECT * FROM views ORDER BY name", null, cancellationToken);

    public static Task<ViewRecord?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<ViewRecord>("SELECT * FROM views WHERE LOWER(name) = LOWER(@name)", new { name }, cancellationToken);

    /// <summary>The view that a run fills; null when the run has nothing to do any more.</summary>
    public static Task<ViewRecord?> FindByRunAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.FirstAsync<ViewRecord>("SELECT * FROM views WHERE next_run_id = @runId", new { runId }, cancellationToken);

    /// <summary>Writes the view as it is now; every change begins a new epoch.</summary>
    public static async Task SaveAsync(DbSession session, ViewRecord view, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            """
            INSERT INTO views (name, origin, definition, layout, generation, changed_at, next_origin, next_definition, next_run_id, next_source, next_id)
            VALUES (@Name, @Origin, @Definition, @Layout, @Generation, @ChangedAt, @NextOrigin, @NextDefinition, @NextRunId, @NextSource, @NextId)
            ON CONFLICT (name) DO UPDATE SET
                origin = excluded.origin, definition = excluded.definition, layout = excluded.layout, generation = excluded.generation, changed_at = excluded.changed_at,
                next_origin = excluded.next_origin, next_definition = excluded.next_definition, next_run_id = excluded.next_run_id,
                next_source = excluded.next_source, next_id = excluded.next_id
            """,
            view,
            cancellationToken);
        await session.ExecuteAsync("UPDATE view_epoch SET epoch = epoch + 1", null, cancellationToken);
    }

    public static async Task RemoveAsync(DbSession session, ViewRecord view, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("DELETE FROM views WHERE name = @Name", new { view.Name }, cancellationToken);
        await session.ExecuteAsync("UPDATE view_epoch SET epoch = epoch + 1", null, cancellationToken);
    }

    /// <summary>The table is filled up to this resource.</summary>
    public static Task AdvanceAsync(DbSession session, long runId, string source, string id, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE views SET next_source = @source, next_id = @id WHERE next_run_id = @runId", new { runId, source, id }, cancellationToken);

    /// <summary>The name of a table that is there and differs from this name by case at most.</summary>
    public static Task<string?> FindTableAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<string>(
            session.Dialect == SqlDialect.Postgres
                ? "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND LOWER(relname) = LOWER(@name)"
                : "SELECT name FROM sqlite_master WHERE LOWER(name) = LOWER(@name)",
            new { name },
            cancellationToken);

    /// <summary>Whether anything of a type is stored: whether a table of a view has anything to be filled with.</summary>
    public static Task<bool> HasResourcesAsync(DbSession session, string resourceType, CancellationToken cancellationToken) =>
        session.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT 1 FROM (SELECT DISTINCT source FROM ingestion_runs) AS s
                           WHERE EXISTS (SELECT 1 FROM resources AS r WHERE r.source = s.source AND r.resource_type = @resourceType))
            """,
            new { resourceType },
            cancellationToken);
}
