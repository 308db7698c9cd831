using System.Globalization;
using System.Net;

namespace Interop.Bench.Access;

/// <summary>A FHIR server with AuditEvents, oldest first. The bench sets how many of them are visible.</summary>
internal sealed class AuditPageServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly AuditPages _pages;
    private long _visible;

    private AuditPageServer(WebApplication app, AuditPages pages) => (_app, _pages) = (app, pages);

    public Uri FhirBase => new(_app.Urls.First() + "/fhir/");

    /// <summary>How many events a search finds.</summary>
    public long Visible
    {
        get => Interlocked.Read(ref _visible);
        set => Interlocked.Exchange(ref _visible, value);
    }

    public static async Task<AuditPageServer> StartAsync(AuditPages pages)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var server = new AuditPageServer(app, pages);
        app.MapGet("/fhir/AuditEvent", server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>The page from an event on.</summary>
    public Uri PageUrl(long from, int count) =>
        new(FhirBase, string.Create(CultureInfo.InvariantCulture, $"AuditEvent?from={from}&_count={count}"));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var count = int.Parse(query["_count"].First()!, CultureInfo.InvariantCulture);
        var from = query["from"].FirstOrDefault() is { } given
            ? long.Parse(given, CultureInfo.InvariantCulture)
            : FirstSince(DateTimeOffset.Parse(query["_lastUpdated"].First()![2..], CultureInfo.InvariantCulture));
        var visible = Visible;
        var here = (int)Math.Min(count, visible - from);
        var page = _pages.Render(from, here, from + here < visible ? PageUrl(from + here, count).AbsoluteUri : null);
        http.Response.ContentType = "application/fhir+json; charset=utf-8";
        http.Response.ContentLength = page.Length;
        return http.Response.Body.WriteAsync(page).AsTask();
    }

    /// <summary>The first event at or after the instant; they are in the order of their instants.</summary>
    private long FirstSince(DateTimeOffset since)
    {
        var (low, high) = (0L, Visible);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _pages.InstantOf(middle) < since ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
