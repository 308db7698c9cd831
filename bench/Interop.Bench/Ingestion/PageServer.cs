using System.Net;
using System.Text;

namespace Interop.Bench.Ingestion;

/// <summary>A FHIR server with minimal cost: its pages of observations are rendered before the measurement and linked by
/// <c>next</c>.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private const int Patients = 5000;
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;

    private PageServer(WebApplication app, Uri fhirBase, IReadOnlyList<byte[]> pages) => (_app, FhirBase, Pages) = (app, fhirBase, pages);

    public Uri FhirBase { get; }

    public IReadOnlyList<byte[]> Pages { get; }

    /// <param name="resources">Observations.</param>
    /// <param name="pageSize">Observations per page.</param>
    /// <param name="delay">How long a page of observations takes before it comes.</param>
    public static async Task<PageServer> StartAsync(int resources, int pageSize, TimeSpan delay = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        List<byte[]> pages = [];
        byte[] patients = [];
        app.MapGet(
            "/fhir/Observation",
            async (HttpContext http) =>
            {
                if (delay > TimeSpan.Zero)
                    await Task.Delay(delay, http.RequestAborted);
                await WriteAsync(http, pages[int.Parse(http.Request.Query["page"].FirstOrDefault() ?? "0")]);
            }
        );
        app.MapGet("/fhir/Patient", (HttpContext http) => WriteAsync(http, patients));
        await app.StartAsync();
        var fhirBase = new Uri(app.Urls.First() + "/fhir/");
        pages = Render(fhirBase, resources, pageSize);
        patients = RenderPatients();
        return new PageServer(app, fhirBase, pages);
    }

    public Uri PageUrl(int page) => new(FhirBase, $"Observation?page={page}");

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static Task WriteAsync(HttpContext http, byte[] page)
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

    private static List<byte[]> Render(Uri fhirBase, int resources, int pageSize)
    {
        var pages = new List<byte[]>();
        for (var first = 0; first < resources; first += pageSize)
        {
            var page = new StringBuilder(pageSize * 1400);
            page.Append("{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":").Append(resources).Append(",\"link\":[");
            if (first + pageSize < resources)
                page.Append("{\"relation\":\"next\",\"url\":\"")
                    .Append(fhirBase)
                    .Append("Observation?page=")
                    .Append(pages.Count + 1)
                    .Append("\"}");
            page.Append("],\"entry\":[");
            for (var i = first; i < Math.Min(first + pageSize, resources); i++)
            {
                if (i > first)
                    page.Append(',');
                page.Append("{\"fullUrl\":\"").Append(fhirBase).Append("Observation/obs-").Append(i).Append("\",\"resource\":");
                AppendObservation(page, i);
                page.Append(",\"search\":{\"mode\":\"match\"}}");
            }

            pages.Add(Encoding.UTF8.GetBytes(page.Append("]}").ToString()));
        }

        return pages;
    }

    /// <summary>A laboratory observation as a hospital's server sends it, some 1.2 KB.</summary>
    private static void AppendObservation(StringBuilder json, int i)
    {
        var at = Start.AddMilliseconds(i * 37L);
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
