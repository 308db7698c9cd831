using System.Text.Json;
using Interop.Anomaly;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Interop.Api.Anomaly;

/// <summary>
/// <c>GET /api/alerts/stream</c>. The id of each event is the position after it, in all sources; a client that reconnects sends it as
/// Last-Event-ID and misses nothing. The headers go out at once, and a comment every 15 seconds keeps proxies from closing the
/// connection.
/// </summary>
internal static class AlertStream
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static async Task WriteAsync(
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time,
        IOptions<JsonOptions> json,
        IHostApplicationLifetime lifetime
    )
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var feed = grains.GetQuery<IAlertQueryGrain>();
        var lastId = http.Request.Headers["Last-Event-ID"].ToString();
        // The position is read before the headers are sent, so every alert that is stored after them is on the stream.
        var page = await feed.Follow(lastId.Length > 0 ? lastId : null);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        try
        {
            await http.Response.WriteAsync(": alerts\n\n", ended.Token);
            for (var sent = time.GetUtcNow(); ; page = await feed.Follow(page.Position))
            {
                foreach (var (alert, position) in page.Alerts)
                {
                    var data = JsonSerializer.Serialize(AlertResponse.Of(alert), json.Value.SerializerOptions);
                    await http.Response.WriteAsync($"id: {position}\nevent: alert\ndata: {data}\n\n", ended.Token);
                }

                if (page.Alerts.IsEmpty && time.GetUtcNow() - sent >= KeepAlive)
                    await http.Response.WriteAsync(": waiting\n\n", ended.Token);
                await http.Response.Body.FlushAsync(ended.Token);
                if (!page.Alerts.IsEmpty || time.GetUtcNow() - sent >= KeepAlive)
                    sent = time.GetUtcNow();
                if (page.Alerts.IsEmpty)
                    await Task.Delay(Pause, time, ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has disconnected, or the program stops.
        }
    }
}
