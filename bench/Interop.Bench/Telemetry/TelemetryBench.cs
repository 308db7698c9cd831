using System.CommandLine;
using System.Diagnostics;
using Interop.Bench.Ingestion;
using Interop.TestServers;
using Npgsql;
using Spectre.Console;

namespace Interop.Bench.Telemetry;

/// <summary>
/// <c>telemetry</c>: accepted events per second and latency, compared with (a) an endpoint that stores nothing and (b) one INSERT per
/// request, under the same load on the same machine in one run; then at half of the load, and again on a table that is already large.
/// </summary>
internal static class TelemetryBench
{
    public static IEnumerable<Command> Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "Length of each measurement", DefaultValueFactory = _ => 10 };
        var connections = new Option<int>("--connections") { Description = "Concurrent senders", DefaultValueFactory = _ => 256 };
        var stored = new Option<int>("--stored")
        {
            Description = "Measure again with so many events in the table; 0: do not",
            DefaultValueFactory = _ => 0,
        };
        var alone = new Option<bool>("--alone") { Description = "Measure Interop only" };
        var command = new Command(
            "telemetry",
            "Accepted, durable events, compared with an endpoint that stores nothing and one INSERT per request"
        )
        {
            seconds,
            connections,
            stored,
            alone,
        };
        var outage = new Option<int>("--outage") { Description = "Instead: kill and freeze the database for so many seconds under load" };
        command.Options.Add(outage);
        command.SetAction(
            (parsed, _) =>
                parsed.GetValue(outage) is > 0 and var gone
                    ? OutageBench.RunAsync(TimeSpan.FromSeconds(gone), parsed.GetValue(connections))
                    : RunAsync(
                        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                        parsed.GetValue(connections),
                        parsed.GetValue(stored),
                        parsed.GetValue(alone)
                    )
        );
        return [command, .. Rivals.Create()];
    }

    private static async Task<int> RunAsync(TimeSpan duration, int connections, int stored, bool alone)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("what");
        foreach (
            var column in new[] { "events/s", "p50 ms", "p99 ms", "stored/s", "not accepted", "µs generator", "µs server", "µs PostgreSQL" }
        )
            table.AddColumn(new TableColumn(column).RightAligned());

        LoadResult? floor = null,
            insert = null;
        LoadResult full;
        await using var postgres = await PostgresServer.StartNewAsync();
        if (!alone)
        {
            await using (var server = await ServedProcess.StartAsync("Interop.Bench", [Rivals.FloorVerb]))
                Row("(a) a bare endpoint", floor = await MeasureAsync(server, postgres, connections, duration));
            await using (
                var server = await ServedProcess.StartAsync(
                    "Interop.Bench",
                    [Rivals.InsertVerb, "--database", await postgres.CreateDatabaseAsync("rival")]
                )
            )
                Row("(b) one INSERT per request", insert = await MeasureAsync(server, postgres, connections, duration));
        }

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
                ("LOG_LEVEL", "Error")
            );
            full = await MeasureStoredAsync("(c) Interop on PostgreSQL");
            Row("    at half of that load", await MeasureAsync(server, postgres, connections, duration, full.PerSecond / 2));
            if (stored > 0)
            {
                await FillAsync(url, stored);
                var large = await MeasureStoredAsync($"    with {stored:N0} events stored");
                Row("    at half of that load", await MeasureAsync(server, postgres, connections, duration, full.PerSecond / 2));
                Console.WriteLine($"with {stored:N0} events stored: {large.PerSecond / full.PerSecond:0.00} of the throughput");
            }

            async Task<LoadResult> MeasureStoredAsync(string what)
            {
                await LoadGenerator.RunAsync(server.Address, connections, duration * 2);
                await StoredAsync(url, data);
                var before = await CountAsync(url);
                var started = Stopwatch.GetTimestamp();
                var result = await LoadAsync(server, postgres, connections, duration);
                await StoredAsync(url, data);
                var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
                var kept = await CountAsync(url) - before;
                if (kept != result.Accepted)
                    throw new InvalidOperationException($"{result.Accepted} events were accepted, but {kept} are stored");
                Row(what, result, kept / took);
                return result;
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        AnsiConsole.Profile.Width = 120;
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"{connections} connections, {duration.TotalSeconds:0} s each, {Environment.ProcessorCount} cores with the load generator and PostgreSQL on them"
        );
        if (floor is not null && insert is not null)
        {
            Console.WriteLine($"ratio (c)/(b): {full.PerSecond / insert.PerSecond:0.00}");
            Console.WriteLine($"ratio (c)/(a): {full.PerSecond / floor.PerSecond:0.00}");
        }

        return 0;

        void Row(string what, LoadResult result, double? storedPerSecond = null) =>
            table.AddRow(
                what,
                $"{result.PerSecond:N0}",
                $"{result.Percentile(0.5):0.0}",
                $"{result.Percentile(0.99):0.0}",
                $"{storedPerSecond:N0}",
                $"{result.Others}",
                $"{result.GeneratorCpu.TotalMicroseconds / result.Accepted:0}",
                $"{result.ServerCpu.TotalMicroseconds / result.Accepted:0}",
                $"{result.PostgresCpu.TotalMicroseconds / result.Accepted:0}"
            );
    }

    private static async Task<LoadResult> MeasureAsync(
        ServedProcess server,
        PostgresServer postgres,
        int connections,
        TimeSpan duration,
        double? rate = null
    )
    {
        await LoadGenerator.RunAsync(server.Address, connections, duration, rate); // warm-up
        return await LoadAsync(server, postgres, connections, duration, rate);
    }

    private static async Task<LoadResult> LoadAsync(
        ServedProcess server,
        PostgresServer postgres,
        int connections,
        TimeSpan duration,
        double? rate = null
    )
    {
        var database = new PostgresCpu(postgres);
        var (own, served, stored) = (Environment.CpuUsage.TotalTime, server.Cpu, database.Total);
        var result = await LoadGenerator.RunAsync(server.Address, connections, duration, rate);
        return result with
        {
            GeneratorCpu = Environment.CpuUsage.TotalTime - own,
            ServerCpu = server.Cpu - served,
            PostgresCpu = database.Total - stored,
        };
    }

    /// <summary>Waits until the spool is empty, so that every accepted event is in the table.</summary>
    internal static async Task StoredAsync(string url, string data)
    {
        while (Directory.GetFiles(Path.Combine(data, "telemetry"), "*.spool").Length > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        _ = await CountAsync(url);
    }

    internal static async Task<long> CountAsync(string url)
    {
        await using var connection = new NpgsqlConnection(url + ";Pooling=false"); // a pooled connection may be from before an outage
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT COUNT(*) FROM telemetry_events", connection) { CommandTimeout = 600 };
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task FillAsync(string url, int events)
    {
        await using var connection = new NpgsqlConnection(url);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO telemetry_events (id, event_id, event_type, timestamp_utc, source_system, status, duration_ms, raw_payload, received_at)
            SELECT nextval('telemetry_event_ids'), 'fill-' || md5(n::text), 'pd.request.sent', now(), 'mirth', 'SUCCESS', 1500,
                json_build_object('eventId', 'fill-' || md5(n::text), 'eventType', 'pd.request.sent', 'status', 'SUCCESS', 'note', repeat('x', 250)), now()
            FROM generate_series(1, @events) n
            """,
            connection
        )
        {
            CommandTimeout = 0,
        };
        command.Parameters.AddWithValue("events", events);
        await command.ExecuteNonQueryAsync();
        // The work that follows the filling for minutes is no part of the measurement.
        foreach (var after in new[] { "VACUUM (FREEZE, ANALYZE) telemetry_events", "CHECKPOINT" })
        {
            await using var settle = new NpgsqlCommand(after, connection) { CommandTimeout = 0 };
            await settle.ExecuteNonQueryAsync();
        }
    }
}
