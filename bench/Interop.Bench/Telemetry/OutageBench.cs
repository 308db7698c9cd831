using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Telemetry;

/// <summary>
/// <c>telemetry --outage SECONDS</c>: how long senders wait for answers while the database is killed and restarted, and while it is frozen,
/// at a moderate rate and at full speed; and whether every accepted event is stored once.
/// </summary>
internal static class OutageBench
{
    private const double ModerateRate = 1_000;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(TimeSpan outage, int connections)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("what");
        foreach (var column in new[] { "events/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "not accepted", "stored", "s to drain" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var rate in new double?[] { ModerateRate, null })
        {
            foreach (var frozen in new[] { false, true })
                await MeasureAsync(frozen, rate);
        }

        AnsiConsole.Profile.Width = 140;
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"{connections} connections; the database away for {outage.TotalSeconds:0} s of {(Before + outage + After).TotalSeconds:0} s"
        );
        return 0;

        async Task MeasureAsync(bool frozen, double? rate)
        {
            await using var postgres = await PostgresServer.StartNewAsync();
            var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
            try
            {
                var url = await postgres.CreateDatabaseAsync("interop");
                await using var server = await ServedProcess.StartAsync(
                    "Interop.Silo",
                    ["serve"],
                    ("PORT", "0"),
                    ("INTEROP_DATA", data),
                    ("DB_URL", url),
                    ("LOG_LEVEL", "None")
                );
                await LoadGenerator.RunAsync(server.Address, connections, TimeSpan.FromSeconds(10), rate);
                await TelemetryBench.StoredAsync(url, data);
                var before = await TelemetryBench.CountAsync(url);
                var load = LoadGenerator.RunAsync(server.Address, connections, Before + outage + After, rate);
                await Task.Delay(Before);
                await TakeAwayAsync(postgres, frozen, outage);
                var result = await load;
                var ended = System.Diagnostics.Stopwatch.GetTimestamp();
                await TelemetryBench.StoredAsync(url, data);
                var drained = System.Diagnostics.Stopwatch.GetElapsedTime(ended).TotalSeconds;
                var stored = await TelemetryBench.CountAsync(url) - before;
                if (stored != result.Accepted)
                    throw new InvalidOperationException($"{result.Accepted} events were accepted, but {stored} are stored");
                Console.WriteLine(
                    $"{(frozen ? "frozen" : "killed")}, {rate}: {result.PerSecond:0}/s, max {result.Percentile(1):0.0} ms, {result.Others} not accepted"
                );
                table.AddRow(
                    $"{(frozen ? "frozen" : "killed")}, {(rate is null ? "full rate" : $"{rate:N0}/s")}",
                    $"{result.PerSecond:N0}",
                    $"{result.Percentile(0.5):0.0}",
                    $"{result.Percentile(0.99):0.0}",
                    $"{result.Percentile(0.999):0.0}",
                    $"{result.Percentile(1):0.0}",
                    $"{result.Others}",
                    $"{stored:N0}",
                    $"{drained:0.0}"
                );
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    private static async Task TakeAwayAsync(PostgresServer postgres, bool frozen, TimeSpan outage)
    {
        if (frozen)
            postgres.Freeze();
        else
            await postgres.KillAsync();
        await Task.Delay(outage);
        if (frozen)
            postgres.Thaw();
        else
            await postgres.StartAsync();
    }
}
