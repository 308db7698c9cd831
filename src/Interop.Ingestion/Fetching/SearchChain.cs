using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>One chain of next links, from the first page of a search on.</summary>
internal sealed class SearchChain
{
    private const int TotalTolerance = 10_000;

    private readonly HashSet<int> _contents = [];
    private readonly HashSet<string> _links = new(StringComparer.Ordinal);
    private HashSet<(string?, string?)> _lastPage = [];
    private HashSet<(string?, string?)> _thisPage = [];
    private DateTimeOffset? _begunAt;
    private long? _total;
    private long _matches;

    /// <summary>Pages read so far.</summary>
    public int Pages { get; private set; }

    /// <summary>The highest <c>_lastUpdated</c> of the chain.</summary>
    public DateTimeOffset Latest { get; private set; }

    /// <summary>Resources left their places while the chain was read. Only a server that pages by offset shows this.</summary>
    public bool HasMoved { get; private set; }

    /// <summary>The last link was one that the chain had followed already.</summary>
    public bool LastLinkRepeated { get; private set; }

    public void BeginPage(DateTimeOffset serverNow, long? total)
    {
        _begunAt ??= serverNow;
        (_lastPage, _thisPage) = (_thisPage, []);
        HasMoved |= total < _total;
        _total = total ?? _total;
    }

    /// <summary>Pages in a row without a resource that the chain had not brought.</summary>
    public int PagesWithoutProgress { get; private set; }

    /// <summary>More resources than the server's own total explains, also when resources were added meanwhile.</summary>
    public bool IsFarBeyondTotal => _total is { } total && _matches > (2 * total) + TotalTolerance;

    public void EndPage()
    {
        Pages++;
        _matches += _thisPage.Count;
        var content = _thisPage.Aggregate(0, (hash, resource) => hash ^ resource.GetHashCode());
        PagesWithoutProgress = _thisPage.Count > 0 && _contents.Add(content) ? 0 : PagesWithoutProgress + 1;
    }

    /// <summary>Whether the page before had this version: a repeated page says nothing about the server's order.</summary>
    public bool IsRepeated(in ResourceHeader header)
    {
        _thisPage.Add((header.Id, header.VersionId));
        return _lastPage.Contains((header.Id, header.VersionId));
    }

    /// <summary>Records a match and its instant.</summary>
    /// <param name="latestClock">The server's clock plus the tolerance: a later stamp says nothing about when the resource changed.</param>
    public void Add(in ResourceHeader header, DateTimeOffset at, DateTimeOffset latestClock)
    {
        // The resource changed after the search began and stands at its new place, so it left its old place. A first version had no old
        // place.
        HasMoved |= Pages > 0 && at >= _begunAt && at <= latestClock && header.VersionId != "1";
        if (at > Latest)
            Latest = at;
    }

    /// <summary>The next page's URL; null at the end of the chain.</summary>
    /// <param name="repeated">The link leads back to a page of this chain.</param>
    public Uri? Follow(string? next, out bool repeated)
    {
        repeated = LastLinkRepeated = next is not null && !_links.Add(next);
        if (next is null || repeated)
            return null;
        return Uri.TryCreate(next, UriKind.RelativeOrAbsolute, out var url)
            ? url
            : throw IngestionException.Upstream("the server's next link is not a URL");
    }
}
