using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>source_servers</c>: the server that each source was filled from.</summary>
internal static class SourceServerStore
{
    /// <summary>The base URL that the source was filled from; null before its first run.</summary>
    public static Task<string?> FindAsync(DbSession session, string source, CancellationToken cancellationToken) =>
        session.FirstAsync<string>("SELECT base_url FROM source_servers WHERE source = @source", new { source }, cancellationToken);

    public static Task SaveAsync(
        DbSession session,
        string source,
        string baseUrl,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO source_servers (source, base_url, recorded_at) VALUES (@source, @baseUrl, @now)
            ON CONFLICT (source) DO UPDATE SET base_url = excluded.base_url, recorded_at = excluded.recorded_at
            """,
            new
            {
                source,
                baseUrl,
                now,
            },
            cancellationToken
        );
}
