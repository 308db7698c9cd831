using System.Text.Json;
using Interop.Storage;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Storing;

/// <summary>The table <c>upload_rows</c>: one row per line of a file.</summary>
internal static class RowStore
{
    public static readonly TableShape Shape = new(
        "upload_rows",
        [
            new("file_id", ColumnType.Text),
            new("line", ColumnType.Integer),
            new("status", ColumnType.Text),
            new("data", ColumnType.Text),
            new("outcome", ColumnType.Text),
            new("error", ColumnType.Text),
            new("attempts", ColumnType.Integer),
            new("updated_at", ColumnType.Timestamp),
        ],
        ["file_id", "line"]
    );

    /// <summary>Rows of a status after a line, in order.</summary>
    public static async Task<IReadOnlyList<FileRow>> ReadAsync(
        DbSession session,
        Guid fileId,
        string status,
        long afterLine,
        int count,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<StoredRow>(
            "SELECT line, data, attempts FROM upload_rows WHERE file_id = @fileId AND status = @status AND line > @afterLine ORDER BY line LIMIT @count",
            new
            {
                fileId = fileId.ToString(),
                status,
                afterLine,
                count,
            },
            cancellationToken
        );
        return [.. rows.Select(row => new FileRow(row.Line, JsonSerializer.Deserialize<string[]>(row.Data)!, (int)row.Attempts))];
    }

    public static Task<IReadOnlyList<RowState>> ListAsync(
        DbSession session,
        Guid fileId,
        string? status,
        long afterLine,
        int count,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<RowState>(
            $"""
            SELECT line, status, error, outcome, attempts FROM upload_rows
            WHERE file_id = @fileId AND line > @afterLine{(status is null ? "" : " AND status = @status")} ORDER BY line LIMIT @count
            """,
            new
            {
                fileId = fileId.ToString(),
                status,
                afterLine,
                count,
            },
            cancellationToken
        );

    /// <summary>Failed and invalid rows after a line, in order.</summary>
    public static IAsyncEnumerable<FailedRow> ReadFailuresAsync(
        DbSession session,
        Guid fileId,
        long afterLine,
        CancellationToken cancellationToken
    ) =>
        session.StreamAsync<FailedRow>(
            """
            SELECT line, status, error, data FROM upload_rows
            WHERE file_id = @fileId AND status IN (@failed, @invalid) AND line > @afterLine ORDER BY line
            """,
            new
            {
                fileId = fileId.ToString(),
                failed = RowStatus.Failed,
                invalid = RowStatus.Invalid,
                afterLine,
            },
            cancellationToken
        );

    /// <summary>Failed rows become pending again.</summary>
    public static Task<int> RetryAsync(DbSession session, Guid fileId, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE upload_rows SET status = @pending, error = NULL WHERE file_id = @fileId AND status = @failed",
            new
            {
                fileId = fileId.ToString(),
                pending = RowStatus.Pending,
                failed = RowStatus.Failed,
            },
            cancellationToken
        );

    /// <summary>A row that was not submitted.</summary>
    internal sealed record FailedRow
    {
        public long Line { get; init; }

        public string Status { get; init; } = "";

        public string? Error { get; init; }

        public string Data { get; init; } = "";

        public string[] Fields => JsonSerializer.Deserialize<string[]>(Data)!;
    }

    private sealed record StoredRow
    {
        public long Line { get; init; }

        public string Data { get; init; } = "";

        public long Attempts { get; init; }
    }
}
