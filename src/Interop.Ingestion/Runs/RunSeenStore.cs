using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>A version that a run met without writing it.</summary>
internal sealed record SeenVersion(string ResourceType, string ResourceId, string VersionKey);

/// <summary>
/// The table <c>run_seen</c>: the versions that a run has counted without writing them. A page that comes twice (after an interruption, or
/// because the server repeats it) then counts once.
/// </summary>
internal static class RunSeenStore
{
    /// <summary>Records these versions; returns those that the run had not recorded before.</summary>
    public static async Task<HashSet<SeenVersion>> InsertNewAsync(
        DbSession session,
        long runId,
        IReadOnlyList<SeenVersion> seen,
        CancellationToken cancellationToken
    )
    {
        if (seen.Count == 0)
            return [];
        var inserted =
            session.Dialect == SqlDialect.Postgres
                ? await session.QueryAsync<SeenVersion>(
                    """
                    INSERT INTO run_seen (run_id, resource_type, resource_id, version_key)
                    SELECT @runId, * FROM unnest(@types, @ids, @keys)
                    ON CONFLICT DO NOTHING RETURNING resource_type, resource_id, version_key
                    """,
                    new
                    {
                        runId,
                        types = seen.Select(s => s.ResourceType).ToArray(),
                        ids = seen.Select(s => s.ResourceId).ToArray(),
                        keys = seen.Select(s => s.VersionKey).ToArray(),
                    },
                    cancellationToken
                )
                : await session.QueryAsync<SeenVersion>(
                    """
                    INSERT INTO run_seen (run_id, resource_type, resource_id, version_key)
                    SELECT @runId, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(@seen) WHERE true
                    ON CONFLICT DO NOTHING RETURNING resource_type, resource_id, version_key
                    """,
                    new { runId, seen = JsonSerializer.Serialize(seen.Select(s => new[] { s.ResourceType, s.ResourceId, s.VersionKey })) },
                    cancellationToken
                );
        return [.. inserted];
    }

    /// <summary>Removes what a run recorded, when it ends.</summary>
    public static Task DeleteAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.ExecuteAsync("DELETE FROM run_seen WHERE run_id = @runId", new { runId }, cancellationToken);
}
