using Interop.Sandbox.Control;
using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Fhir;

/// <summary>Search, the pages after it, and histories.</summary>
internal sealed class SearchEndpoints(
    ResourceStore store,
    ResultSnapshots snapshots,
    FaultBook faults,
    SandboxOptions options,
    SandboxCounters counters
)
{
    private const int PageOfHistory = 100;

    public FhirAnswer Search(HttpContext context, string type)
    {
        var request = context.Request;
        if (!ResourceTypes.IsKnown(type))
            throw new FhirError(404, "not-supported", $"{type} is not a resource type of FHIR R4.");
        var isStrict = request.Headers["Prefer"].ToString().Contains("handling=strict", StringComparison.Ordinal);
        var query = SearchQuery.Parse(type, request.Query, store, options, isStrict);
        var rows = store.Of(type);
        var isFirstPage = query.Offset == 0;
        var matches = rows.Select(
            query.Filter with
            {
                IsHidden = Hidden(type, isFirstPage, isFirstPage && !query.OnlyCount),
            },
            query.IsDescending
        );
        if (isFirstPage)
            counters.Searched();

        var count = query.OnlyCount ? 0 : query.Count;
        string? next = null;
        if (!query.OnlyCount && query.Offset + count < matches.Length)
        {
            next =
                options.Paging == PagingMode.Live
                    ? $"{FhirPaths.Base(request)}/{type}?{query.Understood}{(query.Understood.Length > 0 ? "&" : "")}_count={count}&_offset={query.Offset + count}"
                    : NextLink(
                        request,
                        snapshots.Add(rows, matches, query.IncludesPatients, query.HasTotal, isHistory: false),
                        count,
                        count
                    );
        }
        var page = matches.AsSpan(Math.Min(query.Offset, matches.Length));
        return Page(
            context,
            new BundlePage(store, FhirPaths.Base(request), FaultPlan.Of(context))
            {
                Rows = rows,
                Versions = rows.Read(page[..Math.Min(count, page.Length)]),
                Self = $"{FhirPaths.Base(request)}/{type}?{query.Understood}{(query.Understood.Length > 0 ? "&" : "")}_count={count}",
                Next = FaultyNext(context, next),
                Total = query.HasTotal ? matches.Length : null,
                IncludesPatients = query.IncludesPatients,
                Ignored = query.Ignored,
            }
        );
    }

    /// <param name="type">The resource type.</param>
    /// <param name="isFirstPage">Not a page that a link leads to.</param>
    /// <param name="isSearch">It returns resources: after the first such search of Patient the late patients are there.</param>
    private Func<int, bool>? Hidden(string type, bool isFirstPage, bool isSearch) =>
        (faults.HiddenRows(type, isFirstPage), store.LateRows(type, isSearch)) switch
        {
            (null, var late) => late,
            (var hidden, null) => hidden,
            var (hidden, late) => resource => hidden(resource) || late(resource),
        };

    public FhirAnswer NextPage(HttpContext context)
    {
        var query = context.Request.Query;
        if (!query.TryGetValue("_getpages", out var id))
            throw FhirError.Invalid("A search needs a resource type: the base itself only serves the pages of earlier searches.");
        if (snapshots.Find(id) is not { } snapshot)
            throw new FhirError(410, "expired", $"The search {id} does not exist or has expired; search again.");
        var offset = Math.Min(SearchQuery.Number("_getpagesoffset", query["_getpagesoffset"]), snapshot.Versions.Length);
        var count = Math.Clamp(SearchQuery.Number("_count", query["_count"]), 1, options.MaxCount);
        return SnapshotPage(context, snapshot, offset, count, FhirPaths.Self(context.Request));
    }

    public FhirAnswer History(HttpContext context, string type, string? id)
    {
        if (store.Find(type) is not { } rows || (id is not null && rows.Current(rows.Find(id)) is null))
            throw id is null ? new FhirError(404, "not-supported", $"No resources of type {type}.") : FhirError.NotFound(type, id);
        var query = context.Request.Query;
        var since = query["_since"].ToString() is { Length: > 0 } text
            ? LastUpdatedCondition.TryParse(text, out var condition)
                ? condition.FromTicks
                : throw FhirError.Invalid($"_since={text} is not an instant.")
            : 0;
        var count = query.ContainsKey("_count")
            ? Math.Clamp(SearchQuery.Number("_count", query["_count"]), 1, options.MaxCount)
            : PageOfHistory;
        var snapshot = snapshots.Add(
            rows,
            rows.History(id is null ? null : rows.Find(id), since),
            includesPatients: false,
            hasTotal: true,
            isHistory: true
        );
        return SnapshotPage(context, snapshot, 0, count, FhirPaths.Self(context.Request));
    }

    /// <summary>The properties of the request that fault rules can match.</summary>
    public RequestFacts Facts(HttpRequest request)
    {
        var pathAndQuery = request.Path + request.QueryString;
        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries); // fhir, type, ...
        var isRepetition = request.Query.ContainsKey("_repeated");
        if (request.Query.TryGetValue("_getpages", out var id))
        {
            var size = Math.Max(1, int.TryParse(request.Query["_count"], out var count) ? count : 1);
            var offset = int.TryParse(request.Query["_getpagesoffset"], out var at) ? at : 0;
            return new RequestFacts(pathAndQuery, snapshots.Find(id)?.Store.Type, offset / size + 1, true, true, isRepetition);
        }
        var type = parts.Length > 1 && ResourceTypes.IsKnown(parts[1]) ? parts[1] : null;
        var isSearch = HttpMethods.IsGet(request.Method) && type is not null && (parts.Length == 2 || parts[^1] == "_history");
        if (isSearch && request.Query.TryGetValue("_offset", out var live) && int.TryParse(live, out var liveOffset) && liveOffset > 0)
            return new RequestFacts(
                pathAndQuery,
                type,
                liveOffset / Math.Max(1, int.TryParse(request.Query["_count"], out var of) ? of : options.DefaultCount) + 1,
                true,
                true,
                isRepetition
            );
        return new RequestFacts(pathAndQuery, type, 1, isSearch, false, isRepetition);
    }

    private FhirAnswer SnapshotPage(HttpContext context, ResultSnapshot snapshot, int offset, int count, string self)
    {
        var page = snapshot.Versions.AsSpan(offset);
        var next = offset + count < snapshot.Versions.Length ? NextLink(context.Request, snapshot, offset + count, count) : null;
        return Page(
            context,
            new BundlePage(store, FhirPaths.Base(context.Request), FaultPlan.Of(context))
            {
                Rows = snapshot.Store,
                Versions = snapshot.Store.Read(page[..Math.Min(count, page.Length)]),
                Self = self,
                Next = FaultyNext(context, next),
                Total = snapshot.HasTotal ? snapshot.Versions.Length : null,
                IsHistory = snapshot.IsHistory,
                IncludesPatients = snapshot.IncludesPatients,
            }
        );
    }

    private FhirAnswer Page(HttpContext context, BundlePage page)
    {
        var answer = new FhirAnswer();
        page.Append(answer.Body);
        counters.Served(page.Versions.Length);
        return answer;
    }

    private static string NextLink(HttpRequest request, ResultSnapshot snapshot, int offset, int count) =>
        $"{FhirPaths.Base(request)}?_getpages={snapshot.Id}&_getpagesoffset={offset}&_count={count}&_bundletype={(snapshot.IsHistory ? "history" : "searchset")}";

    private static string? FaultyNext(HttpContext context, string? next)
    {
        var plan = FaultPlan.Of(context);
        var self = FhirPaths.Self(context.Request);
        if (plan.Find(FaultKind.RepeatedNext) is not null)
            return self;
        // The repeated page needs another address, because clients detect a link to the same address as a loop. The fault does not fire on
        // the repeated page.
        if (plan.Find(FaultKind.DuplicatedPage) is not null)
            return self + (context.Request.QueryString.HasValue ? "&" : "?") + "_repeated=true";
        if (plan.Find(FaultKind.ForeignNext) is { } foreign && next is not null)
            return (foreign.Origin ?? "http://127.0.0.1:1").TrimEnd('/') + next[next.IndexOf(FhirPaths.Root, StringComparison.Ordinal)..];
        return next;
    }
}
