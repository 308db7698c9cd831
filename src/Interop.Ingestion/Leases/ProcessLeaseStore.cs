using Interop.Storage;

namespace Interop.Ingestion.Leases;

/// <summary>The owner of a process lease.</summary>
internal sealed record ProcessLeaseRecord(string Owner, DateTimeOffset AcquiredAt, DateTimeOffset HeartbeatAt);

/// <summary>The table <c>process_leases</c>: which process may use the database alone.</summary>
internal static class ProcessLeaseStore
{
    public static Task<ProcessLeaseRecord?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<ProcessLeaseRecord>(
            "SELECT owner, acquired_at, heartbeat_at FROM process_leases WHERE name = @name",
            new { name },
            cancellationToken
        );

    /// <summary>Takes the lease when it is free, silent, the caller's already, or of <paramref name="ended"/>; returns whether it
    /// did.</summary>
    /// <param name="ended">An owner whose process is known to have ended.</param>
    public static async Task<bool> AcquireAsync(
        DbSession session,
        string name,
        string owner,
        string? ended,
        TimeSpan silentAfter,
        CancellationToken cancellationToken
    ) =>
        await session.ExecuteAsync(
            $"""
            INSERT INTO process_leases AS l (name, owner, acquired_at, heartbeat_at) VALUES (@name, @owner, {session.Now()}, {session.Now()})
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, acquired_at = excluded.acquired_at, heartbeat_at = excluded.heartbeat_at
            WHERE l.owner = @owner OR l.owner = @ended OR l.heartbeat_at < {session.Ago(silentAfter)}
            """,
            new
            {
                name,
                owner,
                ended,
            },
            cancellationToken
        ) > 0;

    /// <summary>Renews the lease; false when another process has it.</summary>
    public static async Task<bool> RenewAsync(DbSession session, string name, string owner, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"UPDATE process_leases SET heartbeat_at = {session.Now()} WHERE name = @name AND owner = @owner",
            new { name, owner },
            cancellationToken
        ) > 0;

    public static Task ReleaseAsync(DbSession session, string name, string owner, CancellationToken cancellationToken) =>
        session.ExecuteAsync("DELETE FROM process_leases WHERE name = @name AND owner = @owner", new { name, owner }, cancellationToken);
}
