using System.Collections.Concurrent;
using System.Globalization;

namespace Interop.TestServers;

/// <summary>The AuditEvents of a FHIR server, with faults that a test chooses. A test may add events while it is polled.</summary>
public sealed class AuditServer
{
    private readonly ConcurrentQueue<(string Id, DateTimeOffset At, string Json)> _events = new();
    private int _pages;
    private int _requests;

    /// <summary>Pages that were asked for by a next link.</summary>
    public int FollowedPages => _pages;

    /// <summary>Pages that were asked for, first pages included.</summary>
    public int Requests => _requests;

    public int Count => _events.Count;

    /// <summary>Newest first, as a server that ignores _sort.</summary>
    public bool NewestFirst { get; init; }

    /// <summary>Each page repeats the last entry of the page before.</summary>
    public bool RepeatsAcrossPages { get; init; }

    /// <summary>Each page carries an OperationOutcome.</summary>
    public bool SendsOutcomes { get; init; }

    /// <summary>Called with the number of each followed page, before it is answered; an answer takes its place.</summary>
    public Func<int, ScriptedAnswer?> OnPage { get; set; } = _ => null;

    public static DateTimeOffset Noon { get; } = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public static string Event(string id, DateTimeOffset at, string agent = "Practitioner/a", string patient = "Patient/p") =>
        $$"""
            {"resourceType":"AuditEvent","id":"{{id}}","meta":{"versionId":"1","lastUpdated":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}" },
            "type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},
            "subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"read"}],"action":"R","recorded":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}","outcome":"0",
            "agent":[{"who":{"reference":"{{agent}}" },"requestor":true,"network":{"address":"10.0.0.1","type":"2"} }],
            "source":{"observer":{"reference":"Device/ehr"} },
            "entity":[{"what":{"reference":"{{patient}}" },"type":{"code":"1"},"role":{"code":"1"} }]
            }
            """;

    /// <summary>A login.</summary>
    public static string Login(string id, DateTimeOffset at, string agent, bool isSuccess) =>
        $$"""
            {"resourceType":"AuditEvent","id":"{{id}}","meta":{"versionId":"1","lastUpdated":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}" },
            "type":{"code":"110114"},"subtype":[{"code":"110122"}],"action":"E","recorded":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}",
            "outcome":"{{(
                isSuccess ? 0 : 4
            )}}","agent":[{"who":{"reference":"{{agent}}" },"requestor":true,"network":{"address":"10.0.0.9"} }],
            "source":{"observer":{"reference":"Device/ehr"} }
            }
            """;

    public void Add(string id, DateTimeOffset at, string agent = "Practitioner/a", string patient = "Patient/p") =>
        _events.Enqueue((id, at, Event(id, at, agent, patient)));

    /// <summary>Adds an event unchanged; the server stamps it with the instant.</summary>
    public void AddRaw(string id, DateTimeOffset at, string json) => _events.Enqueue((id, at, json));

    public ScriptedAnswer Answer(ScriptedRequest request)
    {
        if (request.Path != "AuditEvent")
            return ScriptedAnswer.NotFound;
        Interlocked.Increment(ref _requests);
        var offset = int.Parse(request.Query["offset"].FirstOrDefault("0")!, CultureInfo.InvariantCulture);
        if (offset > 0 && OnPage(Interlocked.Increment(ref _pages)) is { } instead)
            return instead;
        var count = int.Parse(request.Query["_count"].First()!, CultureInfo.InvariantCulture);
        var since = DateTimeOffset.Parse(request.Query["_lastUpdated"].First()![2..], CultureInfo.InvariantCulture);
        var matches = _events.Where(e => e.At >= since);
        var sorted = (NewestFirst ? matches.OrderByDescending(e => e.At) : matches.OrderBy(e => e.At)).ToList();
        var page = sorted
            .Skip(RepeatsAcrossPages ? Math.Max(0, offset - 1) : offset)
            .Take(RepeatsAcrossPages && offset > 0 ? count + 1 : count)
            .Select(e => e.Json);
        if (SendsOutcomes)
            page = page.Append("""{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}""");
        var next =
            offset + count < sorted.Count
                ? $"{request.Base}AuditEvent?_lastUpdated=ge{Uri.EscapeDataString(since.ToString("O"))}&_count={count}&offset={offset + count}"
                : null;
        return ScriptedAnswer.Bundle(page, next);
    }
}
