using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>
/// The tables <c>views</c> and <c>view_epoch</c>. A transaction that writes rows of views takes a shared lock (<see cref="HoldAsync"/>),
/// one that changes a view the exclusive lock (<see cref="LockAsync"/>): rows are never written for a view that changes at the same time.
/// </summary>
internal static class ViewStore
{
    // The key of the advisory lock; every process uses the same.
    private const long ViewsLock = 0x496E7465726F7056;

    /// <summary>Keeps the views unchanged until the transaction ends, and returns their epoch.</summary>
    public static async Task<long> HoldAsync(DbSession session, CancellationToken cancellationToken)
    {
        // SQLite has one writer. On PostgreSQL the epoch needs a statement of its own: it sees what was committed while the lock waited.
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SELECT pg_advisory_xact_lock_shared({ViewsLock})", null, cancellationToken);
        return await EpochAsync(session, cancellationToken);
    }

    /// <summary>Waits for all transactions that write rows of views, and keeps new ones out until this transaction ends.</summary>
    public static async Task LockAsync(DbSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SELECT pg_advisory_xact_lock({ViewsLock})", null, cancellationToken);
    }

    /// <summary>Incremented with each change of a view.</summary>
    public static Task<long> EpochAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT epoch FROM view_epoch", null, cancellationToken);

    public static Task<IReadOnlyList<ViewRecord>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<ViewRecord>("SELECT * FROM views ORDER BY name", null, cancellationToken);

    /// <summary>The view of this name, upper and lower case alike.</summary>
    public static Task<ViewRecord?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<ViewRecord>("SELECT * FROM views WHERE LOWER(name) = LOWER(@name)", new { name }, cancellationToken);

    /// <summary>The view whose new table a run fills; null when the run has filled it or the view has changed again.</summary>
    public static Task<ViewRecord?> FindByRunAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.FirstAsync<ViewRecord>("SELECT * FROM views WHERE next_run_id = @runId", new { runId }, cancellationToken);

    /// <summary>The newest version of the platform's views that a program has installed (<c>DefaultViews.Version</c>).</summary>
    public static Task<long> PlatformVersionAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT version FROM platform_views", null, cancellationToken);

    /// <summary>Records that a program with this version installs its views. A lower version than the present one changes
    /// nothing.</summary>
    public static Task<int> RaisePlatformVersionAsync(DbSession session, int version, CancellationToken cancellationToken) =>
        session.ExecuteAsync("UPDATE platform_views SET version = @version WHERE version < @version", new { version }, cancellationToken);

    /// <summary>Writes the view and begins a new epoch.</summary>
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
            cancellationToken
        );
        await BeginEpochAsync(session, cancellationToken);
    }

    /// <summary>Deletes the view and begins a new epoch.</summary>
    public static async Task DeleteAsync(DbSession session, ViewRecord view, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("DELETE FROM views WHERE name = @Name", new { view.Name }, cancellationToken);
        await BeginEpochAsync(session, cancellationToken);
    }

    /// <summary>Records the last resource whose rows are in the new table.</summary>
    public static Task AdvanceAsync(DbSession session, long runId, string source, string id, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE views SET next_source = @source, next_id = @id WHERE next_run_id = @runId",
            new
            {
                runId,
                source,
                id,
            },
            cancellationToken
        );

    private static Task<int> BeginEpochAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ExecuteAsync("UPDATE view_epoch SET epoch = epoch + 1", null, cancellationToken);
}
