using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion.Model;

/// <summary>One version of a resource of the model.</summary>
internal readonly record struct ModelVersion(string Id, int Number, DateTimeOffset Stamp);

/// <summary>
/// A minimal FHIR server: current versions, results frozen at search time, pages of three. A page can expire, come twice, or be the moment
/// at which something else happens. Its clock advances by one second with every request.
/// </summary>
internal sealed class ModelServer
{
    private const int PageSize = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ModelVersion> _current = [];
    private readonly List<ModelVersion[]> _results = [];
    private readonly HashSet<ModelVersion> _delivered = [];
    private readonly Dictionary<int, Action> _atPage = [];
    private int _pages;
    private int? _expiringPage;
    private int? _repeatedPage;
    private DateTimeOffset _clock = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The expected state of a complete reader: the highest version of each resource.</summary>
    public Dictionary<string, int> Current
    {
        get
        {
            lock (_lock)
                return _current.Values.ToDictionary(v => v.Id, v => v.Number);
        }
    }

    /// <summary>What pages brought since <see cref="Begin"/>, each version once.</summary>
    public HashSet<ModelVersion> Delivered
    {
        get
        {
            lock (_lock)
                return [.. _delivered];
        }
    }

    /// <summary>A new version, stamped now or, being committed late, some time ago.</summary>
    public void Commit(string id, int secondsAgo = 0)
    {
        lock (_lock)
            _current[id] = new ModelVersion(id, _current.TryGetValue(id, out var old) ? old.Number + 1 : 1, _clock.AddSeconds(-secondsAgo));
    }

    public void Pass(int seconds)
    {
        lock (_lock)
            _clock = _clock.AddSeconds(seconds);
    }

    /// <summary>Forgets the last run and sets the disturbances of the next run.</summary>
    public void Begin(int? expiringPage, int? repeatedPage, params (int Page, Action Do)[] atPages)
    {
        lock (_lock)
        {
            _delivered.Clear();
            _atPage.Clear();
            foreach (var (page, act) in atPages)
                _atPage[page] = act;
            (_pages, _expiringPage, _repeatedPage) = (0, expiringPage, repeatedPage);
        }
    }

    public ScriptedAnswer Answer(ScriptedRequest request)
    {
        lock (_lock)
        {
            _clock = _clock.AddSeconds(1);
            if (request.IsMetadata)
                return ScriptedAnswer.NotFound with { Date = _clock };
            if (request.Query["result"].ToString() is { Length: > 0 } result)
            {
                return ++_pages == _expiringPage
                    ? new ScriptedAnswer(410, "", _clock)
                    : Page(request, int.Parse(result), int.Parse(request.Query["offset"]!));
            }

            _pages++;
            var from = request.Query["_lastUpdated"].ToString() is { Length: > 2 } since
                ? DateTimeOffset.Parse(since[2..])
                : DateTimeOffset.MinValue;
            _results.Add([.. _current.Values.Where(v => v.Stamp >= from).OrderBy(v => v.Stamp).ThenBy(v => v.Id, StringComparer.Ordinal)]);
            return Page(request, _results.Count - 1, 0);
        }
    }

    private ScriptedAnswer Page(ScriptedRequest request, int result, int offset)
    {
        if (_atPage.Remove(_pages, out var act))
            act();
        var page = _results[result].Skip(offset).Take(PageSize).ToList();
        foreach (var version in page)
            _delivered.Add(version);
        var next = _pages == _repeatedPage ? offset : offset + PageSize;
        // The number makes the link to a repeated page another link.
        var link = next < _results[result].Length ? $"{request.Base}Patient?result={result}&offset={next}&number={_pages}" : null;
        return ScriptedAnswer.Bundle(page.Select(Json), link, _clock);
    }

    private static string Json(ModelVersion version) =>
        $$"""
            {"resourceType":"Patient","id":"{{version.Id}}","meta":{"versionId":"{{version.Number}}","lastUpdated":"{{version.Stamp:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}"},"gender":"other"}
            """;
}
