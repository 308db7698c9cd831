using Interop.Fhir.Client;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The server that a source was filled from.</summary>
/// <param name="BaseUrl">The base URL of the settings.</param>
/// <param name="Software">What the server's CapabilityStatement says of itself (<see cref="ServerIdentity"/>).</param>
/// <param name="ServerUrl">What the server's CapabilityStatement says of itself (<see cref="ServerIdentity"/>).</param>
internal sealed record SourceServer(string BaseUrl, string? Software, string? ServerUrl)
{
    public ServerIdentity Identity => new(Software, ServerUrl);
}

/// <summary>The table <c>source_servers</c>: the server that each source was filled from.</summary>
internal static class SourceServerStore
{
    /// <summary>The server that the source was filled from; null before its first run.</summary>
    public static Task<SourceServer?> FindAsync(DbSession session, string source, CancellationToken cancellationToken) =>
        session.FirstAsync<SourceServer>(
            "SELECT base_url, software, server_url FROM source_servers WHERE source = @source",
            new { source },
            cancellationToken
        );

    /// <summary>Records the base URL, and forgets the identity: the next contact tells it.</summary>
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
            ON CONFLICT (source) DO UPDATE
            SET base_url = excluded.base_url, recorded_at = excluded.recorded_at, software = NULL, server_url = NULL
            """,
            new
            {
                source,
                baseUrl,
                now,
            },
            cancellationToken
        );

    public static Task SaveIdentityAsync(DbSession session, string source, ServerIdentity identity, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE source_servers SET software = @Software, server_url = @Url WHERE source = @source",
            new
            {
                source,
                identity.Software,
                identity.Url,
            },
            cancellationToken
        );
}
