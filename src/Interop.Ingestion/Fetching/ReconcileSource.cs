using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Fhir.Schema;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// Finds differences that neither a search nor a history shows: it lists the ids of the server and compares them with the stored ones. A
/// resource that is stored and not listed is read before it is deleted; a listed resource that is not stored is loaded. The report is among
/// the warnings.
/// </summary>
internal sealed class ReconcileSource(
    Database database,
    FhirClient client,
    RunWaits waits,
    RunRecord run,
    int maxParallel,
    int pageSize,
    TimeProvider time
) : IPageSource
{
    private const int IdsPerPage = 1000;
    private const int IdsPerRequest = 50;
    private const int MaxRestarts = 3;

    private readonly string _type = run.ResourceType;
    private long _listed;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var counted = await CountAsync(cancellationToken);
        var stored = await database.ReadAsync(
            (session, token) => ResourceStore.CountAsync(session, [run.Source], _type, token),
            cancellationToken
        );
        await foreach (var page in ListAsync(counted, cancellationToken))
            yield return page;

        var (gone, unlisted, loaded) = (0L, 0L, 0L);
        for (var after = ""; ; )
        {
            var ids = await database.ReadAsync(
                (session, token) => RunSeenStore.UnlistedIdsAsync(session, run.Source, _type, run.RunId, after, pageSize, token),
                cancellationToken
            );
            if (ids.Count == 0)
                break;
            after = ids[^1];
            var read = await ReadAsync(ids, cancellationToken);
            gone += read.Count(r => r.Kind == EntryKind.Deletion);
            unlisted += read.Count(r => r.Kind != EntryKind.Deletion);
            yield return new IncomingPage(read);
        }

        for (var after = ""; ; )
        {
            var ids = await database.ReadAsync(
                (session, token) => RunSeenStore.UnstoredIdsAsync(session, run.Source, _type, run.RunId, after, IdsPerRequest, token),
                cancellationToken
            );
            if (ids.Count == 0)
                break;
            after = ids[^1];
            await foreach (var page in SearchAsync(ids, cancellationToken))
            {
                loaded += page.Resources.Count;
                yield return page;
            }
        }

        var listed = await database.ReadAsync(
            (session, token) => RunSeenStore.CountIdsAsync(session, run.RunId, _type, token),
            cancellationToken
        );
        yield return new IncomingPage([])
        {
            Warnings =
            [
                $"reconciled: the server counts {counted?.ToString() ?? "nothing"} and lists {listed}, {stored} were stored; {loaded} that were not stored were fetched, {gone} that the server does not have were deleted, {unlisted} that it has were missing in its list",
            ],
        };
    }

    private async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        using var answer = await waits.GetPageAsync(client, new Uri($"{_type}?_summary=count", UriKind.Relative), cancellationToken);
        return answer.Bundle.Total;
    }

    /// <summary>Records the ids that the server lists. Its pages bring no resources; they show the progress.</summary>
    private async IAsyncEnumerable<IncomingPage> ListAsync(long? counted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var restarts = 0; ; restarts++)
        {
            var links = new HashSet<string>(StringComparer.Ordinal);
            var next = new Uri($"{_type}?_elements=id&_count={IdsPerPage}", UriKind.Relative);
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
                    isBroken = true;
                    break;
                }

                using (answer)
                {
                    var ids = IdsOf(answer.Bundle);
                    await database.WriteAsync(
                        async (session, token) =>
                        {
                            await RunStore.FenceAsync(session, run, token);
                            await RunSeenStore.InsertNewAsync(session, run.RunId, ids, token);
                        },
                        cancellationToken
                    );
                    _listed += ids.Count;
                    next =
                        answer.Bundle.Next is { } link && links.Add(link) && Uri.TryCreate(link, UriKind.RelativeOrAbsolute, out var url)
                            ? url
                            : null;
                }

                yield return new IncomingPage([])
                {
                    Position = new PagePosition(Total: counted, ServerDate: answer.ServerDate ?? time.GetUtcNow()),
                };
            }

            if (!isBroken)
                yield break;
        }
    }

    private List<SeenVersion> IdsOf(BundlePage bundle)
    {
        if (bundle.ResourceType != "Bundle")
            throw IngestionException.Upstream($"the answer to the search for ids of {_type} is not a Bundle");
        return
        [
            .. bundle
                .Entries.Where(e => !e.Resource.IsEmpty && e.SearchMode is null or "match")
                .Select(e => ResourceHeader.Read(e.Resource.Span))
                .Where(h => h.ResourceType == _type && h.Id is not null && FhirId.IsValid(h.Id))
                .Select(h => RunSeenStore.IdOnly(_type, h.Id!))
                .Distinct(),
        ];
    }

    /// <summary>Reads resources that the server did not list: one that no longer exists becomes a deletion.</summary>
    private async Task<List<IncomingResource>> ReadAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var read = new ConcurrentBag<IncomingResource>();
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = maxParallel, CancellationToken = cancellationToken },
            async (id, token) =>
            {
                try
                {
                    using var answer = await waits.GetPageAsync(
                        client,
                        new Uri($"{_type}/{Uri.EscapeDataString(id)}", UriKind.Relative),
                        token
                    );
                    var raw = answer.Body.Memory.ToArray();
                    var header = ResourceHeader.Read(raw);
                    if (header.ResourceType == _type && header.Id == id)
                        read.Add(new IncomingResource(raw, header, EntryKind.Match));
                }
                catch (FhirRequestException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                {
                    read.Add(new IncomingResource(default, new ResourceHeader(_type, id, null, null), EntryKind.Deletion));
                }
            }
        );
        return [.. read.OrderBy(r => r.Header.Id, StringComparer.Ordinal)];
    }

    private async IAsyncEnumerable<IncomingPage> SearchAsync(
        IReadOnlyList<string> ids,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var warnings = new List<string>();
        var links = new HashSet<string>(StringComparer.Ordinal);
        var next = new Uri($"{_type}?_id={string.Join(',', ids)}&_count={IdsPerRequest}", UriKind.Relative);
        while (next is not null)
        {
            var answer = await waits.GetPageAsync(client, next, cancellationToken);
            var entries = new EntryReader(_type, warnings);
            var resources = answer.Bundle.Entries.Select(entries.Read).OfType<IncomingResource>().ToList();
            next =
                answer.Bundle.Next is { } link && links.Add(link) && Uri.TryCreate(link, UriKind.RelativeOrAbsolute, out var url)
                    ? url
                    : null;
            yield return new IncomingPage(resources, answer) { Warnings = [.. warnings] };
            warnings.Clear();
        }
    }
}
