using System.Diagnostics;
using Interop.Anomaly;
using Interop.Ingestion;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.Telemetry;
using Interop.Uploads;
using Orleans;

namespace Interop.Bench.Dashboard;

/// <summary>The queries that every open overview asks again and again, through their grains, on a filled database.</summary>
internal static class QueryBench
{
    private const int Repetitions = 9;

    public static async Task RunAsync(string data, string url)
    {
        var values = new Dictionary<string, string?>
        {
            ["INTEROP_DATA"] = data,
            ["PORT"] = "0",
            ["LOG_LEVEL"] = "None",
            ["FHIR_BASE_URL"] = "http://127.0.0.1:1/fhir",
            ["FHIR_POLLING_ENABLED"] = "false",
            ["DB_URL"] = url.Length > 0 ? url : null,
        };
        var layers = new SettingsLayers();
        layers.Add("the measurement", values);
        await using var app = await InteropHost.CreateServerAsync(
            SettingsServices.Read(layers, TimeProvider.System),
            CancellationToken.None
        );
        await app.StartAsync();
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        var now = DateTimeOffset.UtcNow;
        await TimeAsync("ListLatest, with the active runs and open dead letters", () => grains.IngestionQueries().GetActivity(16));
        await TimeAsync("Count of alerts of 24 hours", () => grains.GetQuery<IAlertQueryGrain>().Count(now.AddDays(-1)));
        await TimeAsync("Count of alerts of 30 days", () => grains.GetQuery<IAlertQueryGrain>().Count(now.AddDays(-30)));
        await TimeAsync("CountByMinute of an hour", () => grains.GetQuery<ITelemetryQueryGrain>().CountByMinute(now.AddHours(-1)));
        await TimeAsync("ListNewest of files", () => grains.GetQuery<IFileQueryGrain>().ListFiles(100));
        await app.StopAsync();
    }

    private static async Task TimeAsync<T>(string name, Func<Task<T>> query)
    {
        var times = new List<double>();
        for (var i = 0; i <= Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await query();
            if (i > 0)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"  {name, -60} {times[times.Count / 2]:0.0} ms (median of {times.Count}), at most {times[^1]:0.0} ms");
    }
}
