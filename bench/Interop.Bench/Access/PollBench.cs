using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Scoring;
using Interop.Bench.Ingestion;
using Interop.Bench.Telemetry;
using Interop.Fhir.Client;
using Interop.Polling;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Bench.Access;

/// <summary>
/// <c>poll</c>: AuditEvents through HTTP, grains, features, model and PostgreSQL, in a server process as a site runs it, beside a floor
/// that fetches, parses and inserts the same events.
/// </summary>
internal static class PollBench
{
    private const int WarmEvents = 20_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        var events = new Option<long>("--events")
        {
            Description = "AuditEvents after the first 20,000",
            DefaultValueFactory = _ => 100_000,
        };
        var pageSize = new Option<int>("--page-size") { Description = "Events a page", DefaultValueFactory = _ => 1_000 };
        var repeat = new Option<int>("--repeat")
        {
            Description = "Events before the simulation repeats itself",
            DefaultValueFactory = _ => 120_000,
        };
        var newAgents = new Option<bool>("--new-agents") { Description = "Each repetition has agents of its own" };
        var command = new Command("poll", "AuditEvents from a server's page to their stored score, against parsing and inserting alone")
        {
            events,
            pageSize,
            repeat,
            newAgents,
        };
        command.SetAction(
            (parsed, token) =>
                RunAsync(
                    parsed.GetValue(events),
                    parsed.GetValue(pageSize),
                    new AuditPages(parsed.GetValue(repeat), parsed.GetValue(newAgents)),
                    token
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(long count, int pageSize, AuditPages pages, CancellationToken cancellationToken)
    {
        await using var upstream = await AuditPageServer.StartAsync(pages);
        await using var postgres = await PostgresServer.StartNewAsync(cancellationToken: cancellationToken);
        DatabaseProviders.Register();
        var bytes = pages.Render(0, pageSize, null).Length / pageSize;
        Console.WriteLine(
            $"{count:N0} AuditEvents of {bytes:N0} bytes, {pageSize} a page; PostgreSQL on the same machine, {Environment.ProcessorCount} cores"
        );
        var cpu = new PostgresCpu(postgres);
        var floorEvents = Math.Min(count, 200_000);
        var floor = await FloorAsync(
            upstream,
            await postgres.CreateDatabaseAsync("floor", cancellationToken),
            floorEvents,
            pageSize,
            cancellationToken
        );
        Print("(a) floor: HTTP, parse, insert", floorEvents, floor, null, cpu.Lap());

        var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            await using var interop = await ServedProcess.StartAsync(
                "Interop.Silo",
                ["serve", "--port", "0", "--data-dir", data],
                ("DB_URL", await postgres.CreateDatabaseAsync("interop", cancellationToken)),
                ("FHIR_BASE_URL", upstream.FhirBase.AbsoluteUri),
                ("FHIR_POLLING_BATCH_SIZE", pageSize.ToString(CultureInfo.InvariantCulture)),
                ("FHIR_POLLING_SINCE", pages.Start.AddHours(-1).ToString("O")),
                ("FHIR_POLLING_INTERVAL", "1"),
                ("LOG_LEVEL", "Warning")
            );
            using var http = new HttpClient { BaseAddress = interop.Address, Timeout = TimeSpan.FromMinutes(2) };
            upstream.Visible = WarmEvents;
            var warm = await FollowAsync(http, interop, WarmEvents, false, cancellationToken);
            await UntilModelAsync(http, cancellationToken);
            Print("    the first events, no model yet", WarmEvents, warm, null, cpu.Lap());
            var before = interop.Cpu;
            upstream.Visible = WarmEvents + count;
            var whole = await FollowAsync(http, interop, WarmEvents + count, true, cancellationToken);
            Print("(b) poll to stored score", count, whole, (interop.Cpu - before).TotalSeconds, cpu.Lap());
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ratio (b)/(a): {count / whole.TotalSeconds / (floorEvents / floor.TotalSeconds):F2}"
                )
            );
            return 0;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Waits until this many events are stored. Returns the time from the first of them.</summary>
    private static async Task<TimeSpan> FollowAsync(
        HttpClient http,
        ServedProcess interop,
        long events,
        bool prints,
        CancellationToken cancellationToken
    )
    {
        var before = await EventsAsync(http, cancellationToken);
        var (started, first, last, lines) = (0L, before, before, 0L);
        using var timer = new PeriodicTimer(Interval);
        while (last < events)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            last = await EventsAsync(http, cancellationToken);
            if (started == 0 && last > before)
                (started, first) = (Stopwatch.GetTimestamp(), last);
            if (!prints || started == 0 || (last - before) * 10 / (events - before) <= lines)
                continue;
            lines = (last - before) * 10 / (events - before);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"    {last, 12:N0} events  resident {interop.ResidentBytes / 1e6, 6:N0} MB  {(last - first) / Stopwatch.GetElapsedTime(started).TotalSeconds, 8:N0} events/s"
                )
            );
        }

        // The clock began when the first events were seen: those before count at the same rate.
        return Stopwatch.GetElapsedTime(started) * ((events - before) / (double)Math.Max(1, events - first));
    }

    private static async Task<long> EventsAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var answer = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync("/api/pollers/default", cancellationToken));
        return answer.RootElement.GetProperty("events").GetInt64();
    }

    private static async Task UntilModelAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (true)
        {
            using var model = await http.GetAsync("/api/anomaly/model", cancellationToken);
            var unscored =
                model.IsSuccessStatusCode
                && (await http.GetStringAsync("/api/alerts?limit=1000", cancellationToken)).Contains(
                    "\"unscored\"",
                    StringComparison.Ordinal
                );
            if (model.IsSuccessStatusCode && !unscored)
                return;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>The same rows with empty features, no profiles and no score. The next page is fetched while one is inserted.</summary>
    private static async Task<TimeSpan> FloorAsync(
        AuditPageServer upstream,
        string connection,
        long events,
        int pageSize,
        CancellationToken cancellationToken
    )
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        await new Migrator(database, typeof(MonitoringServices).Assembly).MigrateAsync(cancellationToken);
        using var http = new HttpClient();
        var empty = new AccessFeatures(new float[AccessFeatures.Size], 0);
        upstream.Visible = events;
        var started = Stopwatch.GetTimestamp();
        var next = http.GetByteArrayAsync(upstream.PageUrl(0, pageSize), cancellationToken);
        for (var number = 0L; number < events; )
        {
            var page = await next;
            if (number + pageSize < events)
                next = http.GetByteArrayAsync(upstream.PageUrl(number + pageSize, pageSize), cancellationToken);
            var rows = IncomingEvents
                .Of(BundlePage.Parse(page), DateTimeOffset.UtcNow)
                .Select(e => new ScoredAccess("floor", ++number, e.Event, CareContext.None, "", empty, null, null, false, e.Raw))
                .ToList();
            await database.WriteAsync(
                (session, token) => AuditEventStore.AddAsync(session, rows, 1, DateTimeOffset.UtcNow, token),
                cancellationToken
            );
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static void Print(string what, long count, TimeSpan time, double? cpu, double postgresCpu) =>
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what, -36} {time.TotalSeconds, 6:F1} s {count / time.TotalSeconds, 8:N0} events/s  {cpu, 6:F1} s own CPU  {postgresCpu, 6:F1} s PostgreSQL CPU  load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}"
            )
        );
}
