using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Fhir.Validation;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// A search to its end, however many pages, expired result lists and loops lie on the way (docs/watermark.md).
/// Whatever breaks the chain of <c>next</c> links, the search begins anew from the cursor, less the overlap.
/// </summary>
internal sealed class SearchSource(
    FhirClient client, SearchPlan plan, DateTimeOffset? resumeFrom, DateTimeOffset? firstServerDate, int maxExpired, TimeProvider time)
    : IPageSource
{
    private const int MaxRereads = 3;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private readonly List<string> _warnings = [];
    private DateTimeOffset? _highest = resumeFrom;
    private DateTimeOffset? _serverDate = firstServerDate;
    private bool _byTime = true;
    private bool _sorted = true;
    private bool _warnedOfFuture;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _byTime = await SupportsTimeAsync(cancellationToken);
        var restarts = 0;
        var rereads = 0;
        DateTimeOffset? rereadFrom = null;
        while (true)
        {
            var begunAt = rereads > 0 ? rereadFrom : Cursor;
            var chain = new Chain();
            Uri? next = plan.Url(begunAt, _byTime);
            var broken = false;
            while (next is not null)
            {
                FhirPage answer;
                try
                {
                    answer = await client.GetPageAsync(next, cancellationToken);
                }
                catch (FhirRequestException e) when (e.IsGone && chain.Length > 0)
                {
                    // The server has forgotten the result list (HAPI after some minutes).
                    broken = true;
                    break;
                }

                var page = Read(answer, chain);
                yield return page;
                next = chain.Follow(answer.Bundle.Next, out var repeated);
                broken = repeated;
            }

            // Begun in the middle on the strength of an order that does not hold: what came before is not known to be complete.
            broken |= !_sorted && begunAt is not null;
            if (!broken && (!chain.Moved || !_sorted))
                yield break;
            if (!broken)
            {
                // Rows went from pages that had been read to the end, so others moved up into their places unseen.
                if (rereads++ == MaxRereads)
                {
                    yield return Notice("the result kept changing while it was paged: the server pages by offset, rows may be missing until a full run");
                    yield break;
                }

                rereadFrom = begunAt;
                continue;
            }

            restarts = Cursor > begunAt || (begunAt is null && Cursor is not null) ? 0 : restarts + 1;
            if (chain.LastLinkRepeated && restarts > 0)
            {
                // Begun anew, and the same link leads back to itself: that is this server's way to end.
                yield return Notice("the server's next link leads back to itself; taken as the end of the search");
                yield break;
            }

            if (restarts > maxExpired)
                throw Upstream($"the search broke off {restarts} times in a row without getting past {(Cursor is { } at ? at.ToString("O") : "its start")}");
        }
    }

    /// <summary>Where a search may begin anew: nowhere but at the run's start when the server gives no order.</summary>
    private DateTimeOffset? Cursor => _byTime && _sorted ? _highest : null;

    private async Task<bool> SupportsTimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var metadata = await client.GetPageAsync(new Uri("metadata", UriKind.Relative), cancellationToken);
            if (metadata.Bundle.ResourceType != "CapabilityStatement"
                || CapabilityStatement.SupportsLastUpdated(metadata.Body.Memory, plan.ResourceType))
            {
                return true;
            }

            _warnings.Add($"the server cannot search {plan.ResourceType} by _lastUpdated: full crawl, unchanged resources recognised by content");
            return false;
        }
        catch (FhirRequestException e) when (!e.IsTransient)
        {
            return true; // no CapabilityStatement: the search itself will tell
        }
    }

    private IncomingPage Read(FhirPage answer, Chain chain)
    {
        var bundle = answer.Bundle;
        if (bundle.ResourceType != "Bundle")
        {
            using (answer)
            {
                var said = OperationOutcomeText.Read(answer.Body.Memory.Span);
                throw Upstream(said is null
                    ? $"the answer to the search is {(bundle.ResourceType.Length == 0 ? "no resource" : $"a {bundle.ResourceType}")}, not a Bundle"
                    : $"the server answered with an OperationOutcome: {said}");
            }
        }

        var now = answer.ServerDate ?? time.GetUtcNow();
        _serverDate ??= now;
        chain.BeginPage(now, bundle.Total);
        var resources = new List<IncomingResource>(bundle.Entries.Count);
        foreach (var entry in bundle.Entries)
        {
            if (Classify(entry) is not { } resource)
                continue;
            resources.Add(resource);
            if (resource.Kind == EntryKind.Match)
                Advance(resource.Header, now, chain);
        }

        chain.Length++;
        var warnings = _warnings.ToArray();
        _warnings.Clear();
        return new IncomingPage(resources, answer)
        {
            Warnings = warnings,
            Total = bundle.Total,
            ServerDate = _serverDate,
            Cursor = Cursor,
            Watermark = _highest,
        };
    }

    private IncomingResource? Classify(BundleEntry entry)
    {
        if (string.Equals(entry.RequestMethod, "DELETE", StringComparison.OrdinalIgnoreCase) && entry.RequestUrl is { } deleted)
        {
            var parts = deleted.Split('/');
            return parts.Length >= 2 && parts[^2] == plan.ResourceType
                ? new IncomingResource(default, new ResourceHeader(parts[^2], parts[^1], null, null), EntryKind.Deletion)
                : Malformed(entry.Entry, default, $"deletes '{deleted}', which is not a {plan.ResourceType}");
        }

        if (entry.Resource.IsEmpty)
            return Malformed(entry.Entry, default, "the entry has no resource");

        var header = ResourceHeader.Read(entry.Resource.Span);
        if (entry.SearchMode == "outcome" || (header.ResourceType == "OperationOutcome" && plan.ResourceType != "OperationOutcome"))
        {
            _warnings.Add(OperationOutcomeText.Read(entry.Resource.Span) ?? "an outcome entry that is no OperationOutcome");
            return null;
        }

        if (entry.SearchMode == "include")
            return new IncomingResource(entry.Resource, header, EntryKind.Include);
        if (header.IsTooDeep)
            return Malformed(entry.Resource, header, $"is nested more than {ValidationOptions.LargestMaxDepth} levels deep: not read, and not loaded");
        if (header.ResourceType != plan.ResourceType)
            return Malformed(entry.Resource, header, $"is a {header.ResourceType ?? "resource without resourceType"}, not a {plan.ResourceType}");
        return new IncomingResource(entry.Resource, header, EntryKind.Match);
    }

    private static IncomingResource Malformed(ReadOnlyMemory<byte> raw, ResourceHeader header, string problem) =>
        new(raw, header, EntryKind.Malformed, problem);

    private void Advance(in ResourceHeader header, DateTimeOffset now, Chain chain)
    {
        var isRepeated = chain.IsRepeated(header);
        if (header.LastUpdated is not { } at)
            return;
        if (!isRepeated && at < chain.Latest && _byTime && _sorted)
        {
            _sorted = false;
            _warnings.Add("the server does not sort by _lastUpdated: an interrupted run begins from its start, not from its cursor");
        }

        if (at > now + ClockTolerance && !_warnedOfFuture)
        {
            _warnedOfFuture = true;
            _warnings.Add($"{header.ResourceType}/{header.Id} is stamped {at:O}, after the server's own clock: loaded, and the watermark stays before it");
        }

        chain.Saw(header, at, now);

        // One resource stamped in the future must not carry the cursor past what is still to come.
        if (at <= _serverDate && (_highest is null || at > _highest))
            _highest = at;
    }

    private static IngestionException Upstream(string reason) => new($"Upstream FHIR request failed: {reason}");

    private static IncomingPage Notice(string warning) => new([]) { Warnings = [warning] };

    /// <summary>One chain of next links.</summary>
    private sealed class Chain
    {
        private readonly HashSet<string> _links = new(StringComparer.Ordinal);
        private HashSet<(string?, string?)> _lastPage = [];
        private HashSet<(string?, string?)> _thisPage = [];
        private DateTimeOffset? _begunAt;
        private long? _total;

        public int Length { get; set; }

        public DateTimeOffset Latest { get; private set; }

        /// <summary>The result changed under the paging, in a way that only a server shows that pages by offset.</summary>
        public bool Moved { get; private set; }

        public bool LastLinkRepeated { get; private set; }

        public void BeginPage(DateTimeOffset now, long? total)
        {
            _begunAt ??= now;
            (_lastPage, _thisPage) = (_thisPage, []);
            Moved |= total < _total;
            _total = total ?? _total;
        }

        /// <summary>A page brought twice begins before the last one's end, and says nothing about the order.</summary>
        public bool IsRepeated(in ResourceHeader header)
        {
            _thisPage.Add((header.Id, header.VersionId));
            return _lastPage.Contains((header.Id, header.VersionId));
        }

        public void Saw(in ResourceHeader header, DateTimeOffset at, DateTimeOffset now)
        {
            // Changed since the search began, and at its place in the order of now: it has left its old place. A first version had none.
            Moved |= Length > 0 && at >= _begunAt && at <= now + ClockTolerance && header.VersionId != "1";
            if (at > Latest)
                Latest = at;
        }

        public Uri? Follow(string? next, out bool repeated)
        {
            repeated = LastLinkRepeated = next is not null && !_links.Add(next);
            if (next is null || repeated)
                return null;
            return Uri.TryCreate(next, UriKind.RelativeOrAbsolute, out var url)
                ? url
                : throw Upstream("the server's next link is not a URL");
        }
    }
}
