using Interop.Ingestion.Preparing;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>What the database holds of a resource.</summary>
internal sealed record StoredResource(ResourceVersion Version, long RunId, bool IsDeleted);

/// <summary>Reads of the table <c>resources</c> by key.</summary>
internal static class StoredResources
{
    private sealed class Row
    {
        public string ResourceId { get; set; } = "";

        public string? VersionId { get; set; }

        public long? LastUpdatedTicks { get; set; }

        public string ContentHash { get; set; } = "";

        public long RunId { get; set; }

        public bool IsDeleted { get; set; }
    }

    /// <summary>What is stored of these resources, by type and id.</summary>
    public static async Task<Dictionary<(string Type, string Id), StoredResource>> FindAsync(
        DbSession session, string source, IEnumerable<PreparedResource> resources, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(string, string), StoredResource>();
        foreach (var type in resources.Where(r => r.Id is not null).GroupBy(r => r.ResourceType))
        {
            var rows = await session.QueryAsync<Row>(
                session.SelectByKeys(
                    "resource_id, version_id, last_updated_ticks, content_hash, run_id, deleted_at IS NOT NULL AS is_deleted",
                    "resources",
                    "source = @source AND resource_type = @type",
                    "resource_id",
                    "@ids"),
                new { source, type = type.Key, ids = session.ArrayOf(type.Select(r => r.Id!).Distinct()) },
                cancellationToken);
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
        DbSession session, string source, string type, IEnumerable<string> ids, CancellationToken cancellationToken) =>
        await session.QueryAsync<string>(
            session.SelectByKeys(
                "resource_id", "resources", "source = @source AND resource_type = @type AND deleted_at IS NULL", "resource_id", "@ids"),
            new { source, type, ids = session.ArrayOf(ids) },
            cancellationToken);
}
