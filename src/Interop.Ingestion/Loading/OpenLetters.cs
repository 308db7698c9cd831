using System.Text;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>An unresolved dead letter.</summary>
internal sealed class OpenLetter
{
    public long Id { get; set; }

    public string ResourceType { get; set; } = "";

    public string ResourceId { get; set; } = "";

    public string? VersionId { get; set; }

    public long? LastUpdatedTicks { get; set; }

    public string ContentHash { get; set; } = "";

    public string VersionKey { get; set; } = "";

    public string Stage { get; set; } = "";

    public long RunId { get; set; }

    public string Error { get; set; } = "";

    public ResourceVersion Version => new(VersionId, LastUpdatedTicks, ContentHash);

    /// <summary>Whether this view's rows of the resource could not be made or kept.</summary>
    public bool IsOfView(string view) => Error.StartsWith($"{view}: ", StringComparison.Ordinal);
}

/// <summary>Reads and writes of the table <c>dead_letters</c> while a page is loaded.</summary>
internal static class OpenLetters
{
    private const int MaxIdLength = 200;

    /// <summary>The open letters of these resources.</summary>
    public static async Task<ILookup<(string Type, string Id), OpenLetter>> FindAsync(
        DbSession session, string source, IEnumerable<PreparedResource> resources, CancellationToken cancellationToken)
    {
        var found = new List<OpenLetter>();
        foreach (var type in resources.GroupBy(r => r.ResourceType))
        {
            found.AddRange(await session.QueryAsync<OpenLetter>(
                session.SelectByKeys(
                    "id, resource_type, COALESCE(resource_id, '') AS resource_id, version_id, last_updated_ticks, content_hash, version_key, stage, run_id, error",
                    "dead_letters",
                    "NOT resolved AND source = @source AND resource_type = @type",
                    "COALESCE(resource_id, '')",
                    "@ids"),
                new { source, type = type.Key, ids = session.ArrayOf(type.Select(r => r.Id ?? "").Distinct()) },
                cancellationToken));
        }

        return found.ToLookup(l => (l.ResourceType, l.ResourceId));
    }

    /// <summary>Opens a letter for the resource's failure, if none is open for it; whether it did.</summary>
    public static async Task<bool> InsertAsync(
        DbSession session, RunRecord run, PreparedResource resource, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var failure = resource.Failure!;
        return await session.ExecuteAsync(
            """
            INSERT INTO dead_letters (run_id, source, resource_type, resource_id, version_id, last_updated_ticks, content_hash, version_key,
                                      stage, error, issues, raw, missing_patient_id, created_at)
            VALUES (@RunId, @Source, @ResourceType, @Id, @VersionId, @LastUpdatedTicks, @ContentHash, @Key,
                    @Stage, @Error, @Issues, @Raw, @MissingPatientId, @Now)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                run.RunId,
                run.Source,
                resource.ResourceType,
                resource.Id,
                resource.Version.VersionId,
                resource.Version.LastUpdatedTicks,
                resource.Version.ContentHash,
                resource.Key,
                failure.Stage,
                Error = WithoutNul(failure.Error),
                Issues = WithoutNul(failure.IssuesJson),
                Raw = resource.Incoming.Raw.IsEmpty ? null : WithoutNul(Encoding.UTF8.GetString(resource.Incoming.Raw.Span)),
                MissingPatientId = Storable(failure.MissingPatientId),
                Now = now,
            },
            cancellationToken) > 0;
    }

    /// <summary>A replayed letter failed again: it stays open with what is wrong now.</summary>
    public static Task RenewAsync(DbSession session, RunRecord run, PreparedResource resource, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            UPDATE dead_letters SET stage = @Stage, error = @Error, issues = @Issues, missing_patient_id = @MissingPatientId,
                                    replayed_by_run_id = @RunId
            WHERE id = @LetterId
            """,
            new
            {
                resource.Incoming.LetterId,
                run.RunId,
                resource.Failure!.Stage,
                Error = WithoutNul(resource.Failure.Error),
                Issues = WithoutNul(resource.Failure.IssuesJson),
                MissingPatientId = Storable(resource.Failure.MissingPatientId),
            },
            cancellationToken);

    public static Task ResolveAsync(
        DbSession session, RunRecord run, IEnumerable<long> letterIds, string resolution, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"""
            UPDATE dead_letters SET resolved = @resolved, resolution = @resolution, replayed_by_run_id = @runId
            WHERE {session.IsAnyOf("id", "@ids")}
            """,
            new { resolved = true, resolution, runId = run.RunId, ids = session.ArrayOf(letterIds) },
            cancellationToken);

    // A dead letter holds what no FHIR id may hold: PostgreSQL takes no NUL, and a key need not be endless.
    public static string? Storable(string? text) =>
        text is null ? null : WithoutNul(text.Length <= MaxIdLength ? text : text[..MaxIdLength]);

    private static string WithoutNul(string text) => text.Contains('\0') ? text.Replace("\0", "\\u0000") : text;
}
