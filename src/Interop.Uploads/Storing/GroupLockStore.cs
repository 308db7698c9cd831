using Interop.Storage;

namespace Interop.Uploads.Storing;

/// <summary>
/// The table <c>upload_locks</c>: keys that one file at a time may work on, over all processes that share the database. A lock depends on
/// its owner: it is free when its file is not running any more, has another epoch, or its worker is silent.
/// </summary>
internal static class GroupLockStore
{
    /// <summary>Takes the free ones of these keys.</summary>
    /// <returns>The keys that the caller holds now.</returns>
    public static async Task<IReadOnlySet<string>> AcquireAsync(
        DbSession session,
        Guid fileId,
        long epoch,
        IEnumerable<string> keys,
        TimeSpan silenceLimit,
        CancellationToken cancellationToken
    )
    {
        var statement = $"""
            INSERT INTO upload_locks AS l (lock_key, file_id, epoch) VALUES (@key, @id, @epoch)
            ON CONFLICT (lock_key) DO UPDATE SET file_id = excluded.file_id, epoch = excluded.epoch
            WHERE l.file_id = excluded.file_id OR NOT EXISTS (
                SELECT 1 FROM upload_files f
                WHERE f.file_id = l.file_id AND f.epoch = l.epoch AND f.status = @running AND f.heartbeat_at >= {session.Ago(silenceLimit)})
            """;
        var (id, running) = (fileId.ToString(), FileStatus.Running);
        var held = new HashSet<string>(StringComparer.Ordinal);
        // In order: two transactions that want the same keys then wait for each other instead of blocking each other.
        foreach (var key in keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (
                await session.ExecuteAsync(
                    statement,
                    new
                    {
                        key,
                        id,
                        epoch,
                        running,
                    },
                    cancellationToken
                ) > 0
            )
                held.Add(key);
        }
        return held;
    }

    /// <summary>Releases all locks of the file.</summary>
    public static Task ReleaseAsync(DbSession session, Guid fileId, long epoch, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "DELETE FROM upload_locks WHERE file_id = @id AND epoch = @epoch",
            new { id = fileId.ToString(), epoch },
            cancellationToken
        );
}
