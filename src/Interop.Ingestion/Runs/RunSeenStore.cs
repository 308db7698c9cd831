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
    // No version has this key: a versionId has no space.
    private const string ListedKey = "listed by the server";

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

    /// <summary>An id that a server lists, without a version.</summary>
    public static SeenVersion IdOnly(string resourceType, string id) => new(resourceType, id, ListedKey);

    /// <summary>How many ids the run's server lists.</summary>
    public static Task<long> CountIdsAsync(DbSession session, long runId, string resourceType, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>(
            $"SELECT COUNT(*) FROM run_seen WHERE run_id = @runId AND resource_type = @resourceType AND version_key = '{ListedKey}'",
            new { runId, resourceType },
            cancellationToken
        );

    /// <summary>Ids after an id that the run's server lists and that are not stored, in their order.</summary>
    public static Task<IReadOnlyList<string>> UnstoredIdsAsync(
        DbSession session,
        string source,
        string resourceType,
        long runId,
        string afterId,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<string>(
            $"""
            SELECT s.resource_id FROM run_seen s
            WHERE s.run_id = @runId AND s.resource_type = @resourceType AND s.resource_id > @afterId AND s.version_key = '{ListedKey}'
                AND NOT EXISTS (
                    SELECT 1 FROM resources r
                    WHERE r.source = @source AND r.resource_type = s.resource_type AND r.resource_id = s.resource_id AND r.deleted_at IS NULL)
            ORDER BY s.resource_id LIMIT @limit
            """,
            new
            {
                runId,
                resourceType,
                afterId,
                source,
                limit,
            },
            cancellationToken
        );

    /// <summary>Ids after an id that are stored and that the run's server does not list, in their order.</summary>
    public static Task<IReadOnlyList<string>> UnlistedIdsAsync(
        DbSession session,
        string source,
        string resourceType,
        long runId,
        string afterId,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<string>(
            $"""
            SELECT r.resource_id FROM resources r
            WHERE r.source = @source AND r.resource_type = @resourceType AND r.resource_id > @afterId AND r.deleted_at IS NULL
                AND NOT EXISTS (
                    SELECT 1 FROM run_seen s
                    WHERE s.run_id = @runId AND s.resource_type = r.resource_type AND s.resource_id = r.resource_id
                        AND s.version_key = '{ListedKey}')
            ORDER BY r.resource_id LIMIT @limit
            """,
            new
            {
                runId,
                resourceType,
                afterId,
                source,
                limit,
            },
            cancellationToken
        );

    /// <summary>Removes what a run recorded, when it ends.</summary>
    public static Task DeleteAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        session.ExecuteAsync("DELETE FROM run_seen WHERE run_id = @runId", new { runId }, cancellationToken);
}
