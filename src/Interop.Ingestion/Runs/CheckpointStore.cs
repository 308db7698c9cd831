using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>checkpoints</c>: watermarks in server time.</summary>
internal static class CheckpointStore
{
    public static Task<DateTimeOffset?> FindAsync(
        DbSession session,
        string source,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        session.FirstAsync<DateTimeOffset?>(
            "SELECT last_successful_lastupdated FROM checkpoints WHERE source = @source AND resource_type = @resourceType",
            new { source, resourceType },
            cancellationToken
        );

    /// <summary>Raises the checkpoint, never lowers it; returns the new value.</summary>
    public static Task<DateTimeOffset?> RaiseAsync(
        DbSession session,
        string source,
        string resourceType,
        DateTimeOffset watermark,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.FirstAsync<DateTimeOffset?>(
            """
            INSERT INTO checkpoints AS c (source, resource_type, last_successful_lastupdated, updated_at)
            VALUES (@source, @resourceType, @watermark, @now)
            ON CONFLICT (source, resource_type) DO UPDATE SET
                last_successful_lastupdated = CASE
                    WHEN excluded.last_successful_lastupdated > c.last_successful_lastupdated THEN excluded.last_successful_lastupdated
                    ELSE c.last_successful_lastupdated END,
                updated_at = excluded.updated_at
            RETURNING last_successful_lastupdated
            """,
            new
            {
                source,
                resourceType,
                watermark,
                now,
            },
            cancellationToken
        );

    /// <summary>Deletes the checkpoint; false when there was none.</summary>
    public static async Task<bool> DeleteAsync(
        DbSession session,
        string source,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        await session.ExecuteAsync(
            "DELETE FROM checkpoints WHERE source = @source AND resource_type = @resourceType",
            new { source, resourceType },
            cancellationToken
        ) > 0;

    public static Task<IReadOnlyList<Checkpoint>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<Checkpoint>(
            """
            SELECT source, resource_type, last_successful_lastupdated, updated_at FROM checkpoints ORDER BY source, resource_type
            """,
            null,
            cancellationToken
        );
}
