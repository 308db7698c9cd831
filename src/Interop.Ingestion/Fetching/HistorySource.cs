using System.Globalization;
using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// The history of a type since the last run, with its deletions. A server sends the newest versions first; of each resource only the newest
/// one counts. An interrupted run reads the history from its start and recognises loaded versions.
/// </summary>
internal sealed class HistorySource(FhirClient client, RunWaits waits, RunRecord run, DateTimeOffset since, int pageSize, TimeProvider time)
    : IPageSource
{
    private const int MaxRestarts = 3;

    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, (long? Version, DateTimeOffset? At)> _newest = new(StringComparer.Ordinal);
    private DateTimeOffset? _serverDate = run.ServerDate;
    private DateTimeOffset? _highest;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var restarts = 0; ; restarts++)
        {
            var links = new HashSet<string>(StringComparer.Ordinal);
            var next = First();
            var isBroken = false;
            while (next is not null)
            {
                FhirPage answer;
                try
                {
                    answer = await waits.GetPageAsync(client, next, cancellationToken);
                }
                catch (FhirRequestException e) when (e.IsGone && links.Count > 0 && restarts < MaxRestarts)
                {
                    isBroken = true; // the server has dropped the result
                    break;
                }

                yield return Read(answer);
                next =
                    answer.Bundle.Next is { } link && links.Add(link) && Uri.TryCreate(link, UriKind.RelativeOrAbsolute, out var url)
                        ? url
                        : null;
            }

            if (!isBroken)
                yield break;
        }
    }

    private Uri First()
    {
        var from = since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return new Uri($"{run.ResourceType}/_history?_count={pageSize}&_since={Uri.EscapeDataString(from)}", UriKind.Relative);
    }

    private IncomingPage Read(FhirPage answer)
    {
        var bundle = answer.Bundle;
        if (bundle.ResourceType != "Bundle")
        {
            using (answer)
            {
                var said = OperationOutcomeText.Read(answer.Body.Memory.Span);
                var noBundle = $"the answer to the history of {run.ResourceType} is not a Bundle";
                throw IngestionException.Upstream($"{noBundle}{(said is null ? "" : $": {said}")}", noBundle);
            }
        }

        _serverDate ??= answer.ServerDate ?? time.GetUtcNow();
        var entries = new EntryReader(run.ResourceType, _warnings);
        var resources = new List<IncomingResource>(bundle.Entries.Count);
        foreach (var entry in bundle.Entries)
        {
            if (entries.Read(entry) is { } resource && IsNewest(resource))
                resources.Add(resource);
        }

        var warnings = _warnings.ToArray();
        _warnings.Clear();
        return new IncomingPage(resources, answer)
        {
            Warnings = warnings,
            Position = new PagePosition(bundle.Total, _serverDate, Cursor: null, _highest),
        };
    }

    /// <summary>Whether the run has met no newer version of the resource.</summary>
    private bool IsNewest(IncomingResource resource)
    {
        var header = resource.Header;
        if (resource.Kind is not (EntryKind.Match or EntryKind.Deletion) || header.Id is null)
            return true;
        if (header.LastUpdated is { } at && at <= _serverDate && (_highest is null || at > _highest))
            _highest = at;
        var version = long.TryParse(header.VersionId, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        if (_newest.TryGetValue(header.Id, out var known))
        {
            var isNewer = version is not null && known.Version is not null ? version > known.Version : header.LastUpdated > known.At;
            if (!isNewer)
                return false;
        }

        _newest[header.Id] = (version, header.LastUpdated);
        return true;
    }
}
