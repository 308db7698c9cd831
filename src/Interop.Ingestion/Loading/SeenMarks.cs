using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>
/// The table <c>run_seen</c>: what a run has counted without writing it, so that a page brought twice (a resumption, a duplicated page)
/// counts once.
/// </summary>
internal static class SeenMarks
{
    private sealed class Mark
    {
        public string ResourceType { get; set; } = "";

        public string ResourceId { get; set; } = "";

        public string VersionKey { get; set; } = "";
    }

    /// <summary>Marks the plan's <see cref="LoadPlan.Seen"/>; what was not marked yet is counted, the rest is refetched.</summary>
    public static async Task CountNewAsync(DbSession session, long runId, LoadPlan plan, CancellationToken cancellationToken)
    {
        var seen = plan.Seen.Where(s => s.As != SeenAs.Bystander).ToList();
        if (seen.Count == 0)
            return;
        var types = seen.Select(s => s.Resource.ResourceType).ToArray();
        var ids = seen.Select(s => s.Resource.Id ?? "").ToArray();
        var keys = seen.Select(s => s.Resource.Key).ToArray();
        var inserted = session.Dialect == SqlDialect.Postgres
            ? await session.QueryAsync<Mark>(
                """
                INSERT INTO run_seen (run_id, resource_type, resource_id, version_key)
                SELECT @runId, * FROM unnest(@types, @ids, @keys)
                ON CONFLICT DO NOTHING RETURNING resource_type, resource_id, version_key
                """,
                new { runId, types, ids, keys },
                cancellationToken)
            : await session.QueryAsync<Mark>(
                """
                INSERT INTO run_seen (run_id, resource_type, resource_id, version_key)
                SELECT @runId, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(@marks) WHERE true
                ON CONFLICT DO NOTHING RETURNING resource_type, resource_id, version_key
                """,
                new { runId, marks = JsonSerializer.Serialize(types.Zip(ids, keys).Select(t => new[] { t.First, t.Second, t.Third })) },
                cancellationToken);

        var fresh = inserted.Select(m => (m.ResourceType, m.ResourceId, m.VersionKey)).ToHashSet();
        for (var i = 0; i < seen.Count; i++)
        {
            if (fresh.Remove((types[i], ids[i], keys[i])))
                plan.Delta.Count(seen[i].As);
            else
                plan.Delta.Refetched++;
        }
    }
}
