using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Support;

/// <summary>An OTLP collector over HTTP that keeps the protobuf messages as received. Their strings can be searched as text.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _received = new(StringComparer.Ordinal);

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>The settings with which a process sends everything here, with short delays.</summary>
    public (string Name, string Value)[] Settings =>
        [
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()
            ),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ];

    public string Traces => Of("traces");

    public string Logs => Of("logs");

    public string Metrics => Of("metrics");

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _received
            .GetOrAdd(http.Request.Path.Value!.Split('/')[^1], _ => new())
            .Enqueue(Encoding.Latin1.GetString(body.GetBuffer().AsSpan(0, (int)body.Length)));
        http.Response.ContentType = "application/x-protobuf"; // an empty message: all was taken
    }

    private string Of(string kind) => _received.TryGetValue(kind, out var all) ? string.Concat(all) : "";
}
