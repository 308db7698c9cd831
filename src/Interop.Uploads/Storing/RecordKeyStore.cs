using Interop.Storage;

namespace Interop.Uploads.Storing;

/// <summary>The table <c>tm2_records</c>: which line of which file owns a record. A record is submitted once over all files.</summary>
internal static class RecordKeyStore
{
    private static readonly TableShape Shape = new(
        "tm2_records",
        [new("record_hash", ColumnType.Text), new("file_id", ColumnType.Text), new("line", ColumnType.Integer)],
        ["record_hash"]
    );

    /// <summary>Claims the keys. The result holds the keys that the given lines own afterwards.</summary>
    /// <param name="keys">Each key once.</param>
    public static async Task<IReadOnlySet<string>> ClaimAsync(
        DbSession session,
        Guid fileId,
        IReadOnlyDictionary<string, long> keys,
        CancellationToken cancellationToken
    )
    {
        var id = fileId.ToString();
        using var batch = new RowBatch(Shape);
        foreach (var (key, line) in keys.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            batch.BeginRow();
            batch.WriteText(key);
            batch.WriteText(id);
            batch.WriteInteger(line);
        }
        await session.BulkUpsertAsync(batch, UpsertRule.KeepExisting, cancellationToken);
        var owned = await session.QueryAsync<KeyOwner>(
            $"SELECT record_hash, line FROM tm2_records WHERE file_id = @id AND line IN ({string.Join(',', keys.Values)})",
            new { id },
            cancellationToken
        );
        return owned
            .Where(owner => keys.TryGetValue(owner.RecordHash, out var line) && line == owner.Line)
            .Select(owner => owner.RecordHash)
            .ToHashSet(StringComparer.Ordinal);
    }

    private sealed record KeyOwner
    {
        public string RecordHash { get; init; } = "";

        public long Line { get; init; }
    }
}
