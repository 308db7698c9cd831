using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// The pages of a search, to its end (docs/watermark.md). When the chain of <c>next</c> links breaks (an expired result, a loop), the
/// search begins anew from the cursor, less the overlap.
/// </summary>
/// <param name="byTime">Whether the server can search the type by <c>_lastUpdated</c>.</param>
internal sealed class SearchSource(
    FhirClient client,
    RunWaits waits,
    SearchPlan plan,
    bool byTime,
    DateTimeOffset? resumeFrom,
    DateTimeOffset? firstServerDate,
    IngestionOptions options,
    TimeProvider time
) : IPageSource
{
    private const int MaxRereads = 3;
    private const int MaxPagesWithoutProgress = 100;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private readonly List<string> _warnings = [];
    private DateTimeOffset? _highest = resumeFrom;
    private DateTimeOffset? _serverDate = firstServerDate;
    private bool _sorted = true;
    private bool _warnedOfFuture;
    private TimeSpan _withoutProgress;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!byTime)
            _warnings.Add(
                $"the server cannot search {plan.ResourceType} by _lastUpdated: full crawl, unchanged resources are recognised by content"
            );
        var restarts = 0;
        var rereads = 0;
        DateTimeOffset? rereadFrom = null;
        while (true)
        {
            var begunAt = rereads > 0 ? rereadFrom : Cursor;
            var chain = new SearchChain();
            var next = plan.Url(begunAt, byTime);
            var broken = false;
            while (next is not null)
            {
                FhirPage answer;
                try
                {
                    answer = await GetPageAsync(next, cancellationToken);
                }
                catch (FhirRequestException e) when (e.IsGone && chain.Pages > 0)
                {
                    // The server has dropped the result (HAPI does after some minutes).
                    broken = true;
                    break;
                }

                var page = Read(answer, chain);
                yield return page;
                if (chain.PagesWithoutProgress > MaxPagesWithoutProgress)
                    throw Upstream(
                        $"the server's next links go on without end: {MaxPagesWithoutProgress} pages in a row brought no new resource"
                    );
                if (chain.IsFarBeyondTotal)
                    throw Upstream(
                        $"the server's next links go on without end: more than twice as many resources as its total, {answer.Bundle.Total}"
                    );
                next = chain.Follow(answer.Bundle.Next, out var repeated);
                broken = repeated;
            }

            // The search began at a cursor, but the server does not sort: the resources before the cursor may be incomplete.
            broken |= !_sorted && begunAt is not null;
            if (!broken && (!chain.HasMoved || !_sorted))
                yield break;
            if (!broken)
            {
                // Resources left pages that were already read. Others moved up into their places, and the chain missed them.
                if (rereads++ == MaxRereads)
                {
                    yield return Notice(
                        "the result kept changing while it was read: the server pages by offset, resources may be missing until a full run"
                    );
                    yield break;
                }

                rereadFrom = begunAt;
                continue;
            }

            restarts = Cursor > begunAt || (begunAt is null && Cursor is not null) ? 0 : restarts + 1;
            if (chain.LastLinkRepeated && restarts > 0)
            {
                // The search began anew and the same link led back again: this server ends its searches like that.
                yield return Notice("the server's next link leads back to an earlier page; taken as the end of the search");
                yield break;
            }

            if (restarts > options.MaxExpiredSearches)
                throw Upstream(
                    $"the search broke off {restarts} times in a row without passing {(Cursor is { } at ? at.ToString("O") : "its start")}"
                );
        }
    }

    /// <summary>Where a search may begin anew; null (the run's start) when the server gives no order.</summary>
    private DateTimeOffset? Cursor => byTime && _sorted ? _highest : null;

    /// <summary>Reads a page, within what is left of the time that the search may go on without a new resource.</summary>
    private async Task<FhirPage> GetPageAsync(Uri url, CancellationToken cancellationToken)
    {
        var left = options.MaxTimeWithoutProgress - _withoutProgress;
        var startedAt = time.GetTimestamp();
        using var limit = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await waits.GetPageAsync(client, url, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Upstream(
                $"the search has brought no new resource for {options.MaxTimeWithoutProgress} (Ingestion:MaxTimeWithoutProgress)"
            );
        }
        finally
        {
            _withoutProgress += time.GetElapsedTime(startedAt);
        }
    }

    private IncomingPage Read(FhirPage answer, SearchChain chain)
    {
        var bundle = answer.Bundle;
        if (bundle.ResourceType != "Bundle")
        {
            using (answer)
            {
                var said = OperationOutcomeText.Read(answer.Body.Memory.Span);
                throw said is null
                    ? Upstream(
                        $"the answer to the search is {(bundle.ResourceType.Length == 0 ? "no resource" : $"a {bundle.ResourceType}")}, not a Bundle",
                        "the answer to the search is not a Bundle"
                    )
                    : Upstream(
                        $"the server answered with an OperationOutcome: {said}",
                        $"the server answered with an OperationOutcome ({string.Join(", ", OperationOutcomeText.ReadCodes(answer.Body.Memory.Span))})"
                    );
            }
        }

        var now = answer.ServerDate ?? time.GetUtcNow();
        _serverDate ??= now;
        chain.BeginPage(now, bundle.Total);
        var entries = new EntryReader(plan.ResourceType, _warnings);
        var resources = new List<IncomingResource>(bundle.Entries.Count);
        foreach (var entry in bundle.Entries)
        {
            if (entries.Read(entry) is not { } resource)
                continue;
            resources.Add(resource);
            if (resource.Kind == EntryKind.Match)
                Advance(resource.Header, now, chain);
        }

        chain.EndPage();
        if (chain.PagesWithoutProgress == 0)
            _withoutProgress = TimeSpan.Zero;
        var warnings = _warnings.ToArray();
        _warnings.Clear();
        return new IncomingPage(resources, answer)
        {
            Warnings = warnings,
            Position = new PagePosition(bundle.Total, _serverDate, Cursor, _highest),
        };
    }

    private void Advance(in ResourceHeader header, DateTimeOffset now, SearchChain chain)
    {
        var isRepeated = chain.IsRepeated(header);
        if (header.LastUpdated is not { } at)
            return;
        if (!isRepeated && at < chain.Latest && byTime && _sorted)
        {
            _sorted = false;
            _warnings.Add("the server does not sort by _lastUpdated: an interrupted run begins at its start, not at its cursor");
        }

        if (at > now + ClockTolerance && !_warnedOfFuture)
        {
            _warnedOfFuture = true;
            _warnings.Add(
                $"{header.ResourceType}/{header.Id} is stamped {at:O}, later than the server's own clock: it is loaded, and the watermark stays below it"
            );
        }

        chain.Add(header, at, now + ClockTolerance);

        // A resource stamped in the future must not move the cursor past resources that are still to come.
        if (at <= _serverDate && (_highest is null || at > _highest))
            _highest = at;
    }

    private static IngestionException Upstream(string reason, string? logReason = null) => IngestionException.Upstream(reason, logReason);

    private static IncomingPage Notice(string warning) => new([]) { Warnings = [warning] };
}
