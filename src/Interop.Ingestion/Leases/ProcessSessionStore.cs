using Interop.Storage;

namespace Interop.Ingestion.Leases;

/// <summary>The database connections of other processes (PostgreSQL's <c>pg_stat_activity</c>).</summary>
internal static class ProcessSessionStore
{
    /// <summary>
    /// Ends the transactions of a run's silent owner. PostgreSQL ends an idle transaction by itself, but not one whose process was frozen
    /// while it sent the rows of a COPY: the server waits for the rest and keeps the locks. Half the time, because the last heartbeat is
    /// before the freeze.
    /// </summary>
    public static async Task EndSilentAsync(
        DbSession session,
        long runId,
        string owner,
        TimeSpan silentAfter,
        CancellationToken cancellationToken
    )
    {
        if (session.Dialect != SqlDialect.Postgres || ProcessIdentity.Parse(owner) is not { } process)
            return;
        await session.ScalarAsync<long>(
            $"""
            SELECT COUNT(pg_terminate_backend(a.pid)) FROM pg_stat_activity a JOIN ingestion_runs r ON r.run_id = @runId
            WHERE r.owner = @owner AND r.heartbeat_at < {session.Ago(
                silentAfter
            )} AND a.datname = current_database() AND a.usename = current_user
              AND a.application_name = @name AND a.state <> 'idle' AND a.state_change < {session.Ago(silentAfter / 2)}
            """,
            new
            {
                runId,
                owner,
                name = process.SessionName,
            },
            cancellationToken
        );
    }
}
