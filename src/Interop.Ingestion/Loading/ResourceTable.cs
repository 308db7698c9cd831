using System.Security.Cryptography;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>The table of raw resources.</summary>
internal static class ResourceTable
{
    public static TableShape Shape { get; } = new(
        "resources",
        [
            new Column("source", ColumnType.Text, Nullable: false),
            new Column("resource_type", ColumnType.Text, Nullable: false),
            new Column("resource_id", ColumnType.Text, Nullable: false),
            new Column("version_id", ColumnType.Text),
            new Column("last_updated", ColumnType.Timestamp),
            new Column("last_updated_ticks", ColumnType.Integer),
            new Column("content_hash", ColumnType.Text, Nullable: false),
            new Column("run_id", ColumnType.Integer, Nullable: false),
            new Column("loaded_at", ColumnType.Timestamp, Nullable: false),
            new Column("deleted_at", ColumnType.Timestamp),
            new Column("raw", ColumnType.Json, Nullable: false),
        ],
        ["source", "resource_type", "resource_id"]);

    public static void Append(
        RowBatch rows, string source, string type, string id, in ResourceVersion version, long runId, DateTimeOffset now, ReadOnlySpan<byte> raw)
    {
        rows.BeginRow();
        rows.WriteText(source);
        rows.WriteText(type);
        rows.WriteText(id);
        rows.WriteText(version.VersionId);
        if (version.LastUpdatedTicks is { } ticks)
        {
            rows.WriteTimestamp(new DateTimeOffset(ticks, TimeSpan.Zero));
            rows.WriteInteger(ticks);
        }
        else
        {
            rows.WriteNull();
            rows.WriteNull();
        }

        rows.WriteText(version.ContentHash);
        rows.WriteInteger(runId);
        rows.WriteTimestamp(now);
        rows.WriteNull();
        rows.WriteUtf8(raw);
    }

    /// <summary>128 bits of SHA-256 over the bytes as received: enough that two contents never meet by chance.</summary>
    public static string Hash(ReadOnlySpan<byte> raw)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(raw, hash);
        return Convert.ToHexStringLower(hash[..16]);
    }
}
