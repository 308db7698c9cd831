using System.Text.Json;
using Interop.Storage;

namespace Interop.Uploads.Storing;

/// <summary>A row of the table <c>upload_files</c>.</summary>
internal sealed record FileRecord
{
    public string FileId { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Filename { get; init; } = "";

    public string? Profile { get; init; }

    public string Status { get; init; } = "";

    public long Rows { get; init; }

    public long Received { get; init; }

    public long Pending { get; init; }

    public long Succeeded { get; init; }

    public long Failed { get; init; }

    public long Invalid { get; init; }

    public long Duplicates { get; init; }

    public string UnknownTerms { get; init; } = "[]";

    public string? Error { get; init; }

    public long Epoch { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public FileKind FileKind => Enum.Parse<FileKind>(Kind, ignoreCase: true);

    public FileProgress Progress =>
        new(
            Guid.Parse(FileId),
            FileKind,
            Filename,
            Status,
            Rows,
            Received + Pending,
            Succeeded,
            Failed,
            Invalid,
            Duplicates,
            StartedAt,
            FinishedAt,
            Error,
            [.. JsonSerializer.Deserialize<string[]>(UnknownTerms)!]
        );
}

/// <summary>Changes of a file's counters.</summary>
internal sealed record CounterChange
{
    public long Rows { get; init; }

    public long Received { get; init; }

    public long Pending { get; init; }

    public long Succeeded { get; init; }

    public long Failed { get; init; }

    public long Invalid { get; init; }

    public long Duplicates { get; init; }
}

/// <summary>The table <c>upload_files</c>: one row per file, of both kinds. The epoch is the fencing token of its worker.</summary>
internal static class FileStore
{
    /// <summary>The newest files of both kinds.</summary>
    public static async Task<IReadOnlyList<FileProgress>> ListNewestAsync(
        DbSession session,
        int limit,
        CancellationToken cancellationToken
    ) =>
        [
            .. (
                await session.QueryAsync<FileRecord>(
                    "SELECT * FROM upload_files ORDER BY started_at DESC, file_id LIMIT @limit",
                    new { limit },
                    cancellationToken
                )
            ).Select(file => file.Progress),
        ];

    public static Task InsertAsync(
        DbSession session,
        Guid fileId,
        FileRequest request,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"""
            INSERT INTO upload_files (file_id, kind, filename, profile, status, unknown_terms, epoch, heartbeat_at, started_at)
            VALUES (@fileId, @kind, @Filename, @Profile, @status, '[]', 0, {session.Now()}, @now)
            """,
            new
            {
                fileId = fileId.ToString(),
                kind = request.Kind.ToString().ToLowerInvariant(),
                request.Filename,
                request.Profile,
                status = FileStatus.Receiving,
                now,
            },
            cancellationToken
        );

    public static Task<FileRecord?> FindAsync(DbSession session, Guid fileId, CancellationToken cancellationToken) =>
        session.FirstAsync<FileRecord>(
            "SELECT * FROM upload_files WHERE file_id = @fileId",
            new { fileId = fileId.ToString() },
            cancellationToken
        );

    /// <summary>The files that a worker must finish: interrupted ones and uploads whose sender is gone.</summary>
    public static async Task<IReadOnlyList<Guid>> UnfinishedIdsAsync(DbSession session, CancellationToken cancellationToken) =>
        [
            .. (
                await session.QueryAsync<string>(
                    "SELECT file_id FROM upload_files WHERE status IN (@running, @receiving)",
                    new { running = FileStatus.Running, receiving = FileStatus.Receiving },
                    cancellationToken
                )
            ).Select(Guid.Parse),
        ];

    /// <summary>
    /// Makes the caller the owner of the file when no other owner has written a heartbeat, by the database's time, within
    /// <paramref name="silenceLimit"/>.
    /// </summary>
    /// <param name="ownEpoch">The epoch of the caller's last claim. If nothing was claimed since, the caller need not wait; null for the
    /// first claim.</param>
    /// <returns>The file with its new epoch; null when another owner works on it, or it is not running.</returns>
    public static Task<FileRecord?> ClaimAsync(
        DbSession session,
        Guid fileId,
        long? ownEpoch,
        TimeSpan silenceLimit,
        CancellationToken cancellationToken
    ) =>
        session.FirstAsync<FileRecord>(
            $"""
            UPDATE upload_files SET epoch = epoch + 1, heartbeat_at = {session.Now()}
            WHERE file_id = @fileId AND status = @running
                AND (heartbeat_at IS NULL OR heartbeat_at < {session.Ago(silenceLimit)} OR epoch = @ownEpoch)
            RETURNING *
            """,
            new
            {
                fileId = fileId.ToString(),
                ownEpoch = ownEpoch ?? -1,
                running = FileStatus.Running,
            },
            cancellationToken
        );

    /// <summary>Writes the owner's heartbeat. False: the caller does not own the file any more, or it is not running.</summary>
    public static async Task<bool> RenewAsync(DbSession session, Guid fileId, long epoch, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"UPDATE upload_files SET heartbeat_at = {session.Now()} WHERE file_id = @fileId AND epoch = @epoch AND status = @running",
            new
            {
                fileId = fileId.ToString(),
                epoch,
                running = FileStatus.Running,
            },
            cancellationToken
        ) > 0;

    /// <summary>Adds to the counters and shows that the owner lives.</summary>
    /// <exception cref="LostOwnershipException">The caller does not own the file any more.</exception>
    public static async Task ChangeAsync(
        DbSession session,
        Guid fileId,
        long epoch,
        CounterChange change,
        string? unknownTerms,
        CancellationToken cancellationToken
    )
    {
        var changed = await session.ExecuteAsync(
            $"""
            UPDATE upload_files SET
                "rows" = "rows" + @Rows, received = received + @Received, pending = pending + @Pending, succeeded = succeeded + @Succeeded,
                failed = failed + @Failed, invalid = invalid + @Invalid, duplicates = duplicates + @Duplicates,
                unknown_terms = COALESCE(@unknownTerms, unknown_terms), heartbeat_at = {session.Now()}
            WHERE file_id = @fileId AND epoch = @epoch AND status IN (@running, @receiving)
            """,
            new
            {
                fileId = fileId.ToString(),
                epoch,
                change.Rows,
                change.Received,
                change.Pending,
                change.Succeeded,
                change.Failed,
                change.Invalid,
                change.Duplicates,
                unknownTerms,
                running = FileStatus.Running,
                receiving = FileStatus.Receiving,
            },
            cancellationToken
        );
        if (changed == 0)
            throw new LostOwnershipException(fileId);
    }

    /// <summary>Sets the status. A worker passes its epoch; null sets it for any owner, whose next write then fails.</summary>
    /// <returns>The file, or null when the caller does not own it or it has none of the statuses.</returns>
    public static Task<FileRecord?> SetStatusAsync(
        DbSession session,
        Guid fileId,
        long? epoch,
        string[] from,
        string status,
        string? error,
        DateTimeOffset? finishedAt,
        CancellationToken cancellationToken
    ) =>
        session.FirstAsync<FileRecord>(
            $"""
            UPDATE upload_files SET status = @status, error = @error, finished_at = @finishedAt, heartbeat_at = NULL, epoch = epoch + 1
            WHERE file_id = @fileId AND (@epoch IS NULL OR epoch = @epoch) AND status IN ({string.Join(
                ", ",
                from.Select(name => $"'{name}'")
            )})
            RETURNING *
            """,
            new
            {
                fileId = fileId.ToString(),
                epoch,
                status,
                error,
                finishedAt,
            },
            cancellationToken
        );

    public static async Task DeleteAsync(DbSession session, Guid fileId, CancellationToken cancellationToken)
    {
        var id = fileId.ToString();
        await session.ExecuteAsync("DELETE FROM upload_rows WHERE file_id = @id", new { id }, cancellationToken);
        await session.ExecuteAsync("DELETE FROM upload_files WHERE file_id = @id", new { id }, cancellationToken);
    }

    public static Task<FileTotals?> TotalsAsync(DbSession session, FileKind kind, CancellationToken cancellationToken) =>
        session.FirstAsync<FileTotals>(
            """
            SELECT COUNT(*) AS files, COALESCE(SUM("rows"), 0) AS "rows", COALESCE(SUM(received + pending), 0) AS pending, COALESCE(SUM(succeeded), 0) AS succeeded,
                COALESCE(SUM(failed), 0) AS failed, COALESCE(SUM(invalid), 0) AS invalid, COALESCE(SUM(duplicates), 0) AS duplicates
            FROM upload_files WHERE kind = @kind
            """,
            new { kind = kind.ToString().ToLowerInvariant() },
            cancellationToken
        );
}

/// <summary>Another worker owns the file now, or it was cancelled.</summary>
internal sealed class LostOwnershipException(Guid fileId) : Exception($"The file {fileId} is not owned by this worker any more.");
