using System.Globalization;
using Interop.Storage;

namespace Interop.Ingestion.Resources;

/// <summary>The table <c>resources</c>: the raw JSON of every resource with its version.</summary>
internal static class ResourceStore
{
    private sealed class VersionRow
    {
        public string ResourceId { get; set; } = "";

        public string? VersionId { get; set; }

        public long? LastUpdatedTicks { get; set; }

        public string ContentHash { get; set; } = "";

        public long RunId { get; set; }

        public bool IsDeleted { get; set; }
    }

    private const string JsonColumns = "source, resource_type, resource_id, version_id, last_updated_ticks, content_hash, run_id, raw";

    public static TableShape Shape { get; } =
        new(
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
            ["source", "resource_type", "resource_id"]
        );

    /// <summary>Appends a row for <see cref="DbSession.BulkUpsertAsync"/>.</summary>
    public static void Append(
        RowBatch rows,
        string source,
        string type,
        string id,
        in ResourceVersion version,
        long runId,
        DateTimeOffset now,
        ReadOnlySpan<byte> raw
    )
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

    /// <summary>The stored versions of these resources, by type and id; keys without an id are ignored.</summary>
    public static async Task<Dictionary<(string Type, string Id), StoredResource>> FindAsync(
        DbSession session,
        string source,
        IEnumerable<(string Type, string? Id)> keys,
        CancellationToken cancellationToken
    )
    {
        var found = new Dictionary<(string, string), StoredResource>();
        foreach (var type in keys.Where(k => k.Id is not null).GroupBy(k => k.Type, k => k.Id!))
        {
            var rows = await session.QueryAsync<VersionRow>(
                session.SelectByKeys(
                    "resource_id, version_id, last_updated_ticks, content_hash, run_id, deleted_at IS NOT NULL AS is_deleted",
                    "resources",
                    "source = @source AND resource_type = @type",
                    "resource_id",
                    "@ids"
                ),
                new
                {
                    source,
                    type = type.Key,
                    ids = session.ArrayOf(type.Distinct()),
                },
                cancellationToken
            );
            foreach (var row in rows)
            {
                var version = new ResourceVersion(row.VersionId, row.LastUpdatedTicks, row.ContentHash);
                found[(type.Key, row.ResourceId)] = new StoredResource(version, row.RunId, row.IsDeleted);
            }
        }

        return found;
    }

    /// <summary>Which of these ids are stored and not deleted.</summary>
    public static async Task<IReadOnlyList<string>> ExistingIdsAsync(
        DbSession session,
        string source,
        string type,
        IEnumerable<string> ids,
        CancellationToken cancellationToken
    ) =>
        await session.QueryAsync<string>(
            session.SelectByKeys(
                "resource_id",
                "resources",
                "source = @source AND resource_type = @type AND deleted_at IS NULL",
                "resource_id",
                "@ids"
            ),
            new
            {
                source,
                type,
                ids = session.ArrayOf(ids),
            },
            cancellationToken
        );

    /// <summary>
    /// One writer at a time for each type of a source, locked in one order, so that what was read stays true until the commit; with
    /// <paramref name="isShared"/> other writers that only insert may write at the same time. Also lets
    /// the commit return before the disk has it: a page's data and cursor are lost together, and the run's last commit, which waits for the
    /// disk, makes all commits before it durable.
    /// </summary>
    public static async Task LockTypesAsync(
        DbSession session,
        string source,
        IEnumerable<string> resourceTypes,
        bool isShared,
        CancellationToken cancellationToken
    )
    {
        if (session.Dialect != SqlDialect.Postgres)
            return; // SQLite has one writer
        var types = resourceTypes.Order(StringComparer.Ordinal).ToArray();
        await session.ExecuteAsync(
            $"""
            SELECT set_config('synchronous_commit', 'off', true);
            SELECT pg_advisory_xact_lock{(
                isShared ? "_shared" : ""
            )}(hashtextextended(@source || '/' || type, 0)) FROM unnest(@types) AS t(type);
            """,
            new { source, types },
            cancellationToken
        );
    }

    /// <summary>Marks resources as deleted; their raw JSON stays.</summary>
    public static Task MarkDeletedAsync(
        DbSession session,
        string source,
        string type,
        IEnumerable<string> ids,
        long runId,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"""
            UPDATE resources SET deleted_at = @now, run_id = @runId
            WHERE source = @source AND resource_type = @type AND {session.IsAnyOf("resource_id", "@ids")}
            """,
            new
            {
                source,
                type,
                ids = session.ArrayOf(ids),
                now,
                runId,
            },
            cancellationToken
        );

    /// <summary>The resources of a source and type after an id, in the order of their ids, without deleted ones.</summary>
    public static Task<IReadOnlyList<StoredJson>> ListAsync(
        DbSession session,
        string source,
        string resourceType,
        string afterId,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<StoredJson>(
            $"""
            SELECT {JsonColumns} FROM resources
            WHERE source = @source AND resource_type = @resourceType AND resource_id > @afterId AND deleted_at IS NULL
            ORDER BY resource_id LIMIT @limit
            """,
            new
            {
                source,
                resourceType,
                afterId,
                limit,
            },
            cancellationToken
        );

    /// <summary>How many resources of a type these sources have, without deleted ones.</summary>
    public static Task<long> CountAsync(
        DbSession session,
        IEnumerable<string> sources,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        session.ScalarAsync<long>(
            $"SELECT COUNT(*) FROM resources WHERE {session.IsAnyOf("source", "@sources")} AND resource_type = @resourceType AND deleted_at IS NULL",
            new { sources = session.ArrayOf(sources), resourceType },
            cancellationToken
        );

    /// <summary>Whether any of these sources has a resource of this type, deleted or not.</summary>
    public static Task<bool> AnyAsync(
        DbSession session,
        IEnumerable<string> sources,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        session.ScalarAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM resources WHERE {session.IsAnyOf("source", "@sources")} AND resource_type = @resourceType)",
            new { sources = session.ArrayOf(sources), resourceType },
            cancellationToken
        );

    /// <summary>What a run loaded, without resources deleted since: type and raw JSON of each, valid during the call.</summary>
    public static Task ReadOfRunAsync(
        DbSession session,
        long runId,
        Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, ValueTask> read,
        CancellationToken cancellationToken
    ) =>
        session.ReadUtf8Async(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT resource_type, raw FROM resources WHERE run_id = {runId} AND deleted_at IS NULL"
            ),
            values => read(values[0], values[1]),
            cancellationToken
        );
}
