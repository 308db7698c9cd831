using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Interop.Bench.Ingestion;

/// <summary>
/// A FHIR server with minimal cost: its observations are rendered before the measurement, and a page is a slice of them. It answers what a
/// run asks: pages linked by <c>next</c>, periods of <c>_lastUpdated</c>, counts, and the first and the last resource.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    private const int Patients = 5000;
    private const long StepMilliseconds = 37;
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;
    private readonly int _resources;
    private readonly int _pageSize;
    private readonly byte[][] _entries;
    private readonly int _largest;
    private readonly byte[] _patients = RenderPatients();
    private Action? _onFirstPage;

    private PageServer(WebApplication app, int resources, int pageSize)
    {
        (_app, _resources, _pageSize) = (app, resources, pageSize);
        FhirBase = new Uri(app.Urls.First() + "/fhir/");
        _entries = Render(FhirBase, resources);
        _largest = _entries.Max(e => e.Length);
    }

    public Uri FhirBase { get; }

    public int PageCount => (_resources + _pageSize - 1) / _pageSize;

    /// <summary>The mean size of a resource with its entry.</summary>
    public long MeanBytes => _entries.Sum(e => (long)e.Length) / _resources;

    /// <summary>The time that each page takes before it is sent.</summary>
    public TimeSpan Delay { get; init; }

    public static async Task<PageServer> StartAsync(int resources, int pageSize, TimeSpan delay = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        PageServer? server = null;
        app.MapGet("/fhir/Observation", (HttpContext http) => server!.AnswerAsync(http));
        app.MapGet("/fhir/Patient", (HttpContext http) => WriteAsync(http, server!._patients));
        await app.StartAsync();
        return server = new PageServer(app, resources, pageSize) { Delay = delay };
    }

    public Uri PageUrl(int page) => new(FhirBase, $"Observation?from={page * _pageSize}&to={_resources}");

    /// <summary>Calls back when the next page of observations is asked for, once.</summary>
    public void OnFirstPage(Action call) => Volatile.Write(ref _onFirstPage, call);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var (from, to) = Period(query);
        if (query["_summary"] == "count")
        {
            await WriteAsync(http, Encoding.UTF8.GetBytes($$"""{"resourceType":"Bundle","type":"searchset","total":{{to - from}}}"""));
            return;
        }

        Interlocked.Exchange(ref _onFirstPage, null)?.Invoke();
        if (query["_sort"] == "-_lastUpdated")
            from = to - 1;
        var count = int.TryParse(query["_count"], out var asked) ? Math.Min(asked, _pageSize) : _pageSize;
        var end = Math.Min(from + count, to);
        if (Delay > TimeSpan.Zero)
            await Task.Delay(Delay, http.RequestAborted);
        var next = end < to ? $$"""{"relation":"next","url":"{{FhirBase}}Observation?from={{end}}&to={{to}}"}""" : "";
        var head = Encoding.UTF8.GetBytes(
            $$"""{"resourceType":"Bundle","type":"searchset","total":{{_resources}},"link":[{{next}}],"entry":["""
        );
        var page = ArrayPool<byte>.Shared.Rent(head.Length + 2 + ((end - from) * (_largest + 1)));
        try
        {
            var length = head.Length;
            head.CopyTo(page, 0);
            for (var i = from; i < end; i++)
            {
                if (i > from)
                    page[length++] = (byte)',';
                _entries[i].CopyTo(page, length);
                length += _entries[i].Length;
            }

            "]}"u8.CopyTo(page.AsSpan(length));
            await WriteAsync(http, page.AsMemory(0, length + 2));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(page);
        }
    }

    /// <summary>The resources that a search is about, as a range of their numbers.</summary>
    private (int From, int To) Period(IQueryCollection query)
    {
        if (query.TryGetValue("from", out var first))
            return (int.Parse(first!, CultureInfo.InvariantCulture), int.Parse(query["to"]!, CultureInfo.InvariantCulture));
        var (from, to) = (0, _resources);
        foreach (var bound in query["_lastUpdated"].OfType<string>())
        {
            var at = DateTimeOffset.Parse(bound.AsSpan(2), CultureInfo.InvariantCulture);
            var number = (int)Math.Clamp(Math.Ceiling((at - Start).TotalMilliseconds / StepMilliseconds), 0, _resources);
            if (bound.StartsWith("ge", StringComparison.Ordinal))
                from = Math.Max(from, number);
            else
                to = Math.Min(to, number);
        }

        return (from, Math.Max(from, to));
    }

    private static Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> page)
    {
        http.Response.ContentType = "application/fhir+json; charset=utf-8";
        http.Response.ContentLength = page.Length;
        return http.Response.Body.WriteAsync(page).AsTask();
    }

    /// <summary>The patients that the observations point to, on one page.</summary>
    private static byte[] RenderPatients()
    {
        var entries = Enumerable
            .Range(0, Patients)
            .Select(i =>
                $$$"""{"resource":{"resourceType":"Patient","id":"pat-{{{i}}}","meta":{"versionId":"1","lastUpdated":"{{{Start:yyyy-MM-dd'T'HH:mm:ss.fff}}}Z"},"gender":"female"}}"""
            );
        return Encoding.UTF8.GetBytes($$"""{"resourceType":"Bundle","type":"searchset","entry":[{{string.Join(',', entries)}}]}""");
    }

    /// <summary>The entries, each in an array of its own.</summary>
    private static byte[][] Render(Uri fhirBase, int resources)
    {
        var entries = new byte[resources][];
        var entry = new StringBuilder(1400);
        for (var i = 0; i < resources; i++)
        {
            entry.Clear().Append("{\"fullUrl\":\"").Append(fhirBase).Append("Observation/obs-").Append(i).Append("\",\"resource\":");
            AppendObservation(entry, i);
            entries[i] = Encoding.UTF8.GetBytes(entry.Append(",\"search\":{\"mode\":\"match\"}}").ToString());
        }

        return entries;
    }

    /// <summary>A laboratory observation as a hospital's server sends it, some 1.2 KB.</summary>
    private static void AppendObservation(StringBuilder json, int i)
    {
        var at = Start.AddMilliseconds(i * StepMilliseconds);
        json.Append(
            $$$"""
            {"resourceType":"Observation","id":"obs-{{{i}}}","meta":{"versionId":"1","lastUpdated":"{{{at:yyyy-MM-dd'T'HH:mm:ss.fff}}}Z","profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"]},"identifier":[{"system":"https://lab.example.org/results","value":"R-{{{i:D10}}}"}],"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}],"text":"Laboratory"}],"code":{"coding":[{"system":"http://loinc.org","code":"2339-0","display":"Glucose [Mass/volume] in Blood"}],"text":"Glucose [Mass/volume] in Blood"},"subject":{"reference":"Patient/pat-{{{i
                % Patients}}}"},"encounter":{"reference":"Encounter/enc-{{{i % 20000}}}"},"effectiveDateTime":"{{{at.AddHours(
                -3
            ):yyyy-MM-dd'T'HH:mm:ss}}}+00:00","issued":"{{{at.AddHours(
                -1
            ):yyyy-MM-dd'T'HH:mm:ss.fff}}}Z","performer":[{"reference":"Organization/lab-{{{i
                % 12}}}","display":"Central laboratory"}],"valueQuantity":{"value":{{{60 + i % 140}}}.{{{i
                % 10}}},"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"},"referenceRange":[{"low":{"value":70,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"},"high":{"value":99,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}}]}
            """
        );
    }
}
