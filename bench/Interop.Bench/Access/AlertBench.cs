using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Events;
using Interop.Anomaly.Scoring;
using Interop.Polling;
using Interop.Sandbox.Hospital;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Bench.Access;

/// <summary><c>alerts</c>: each filter of the list of alerts over many stored events, on SQLite and PostgreSQL.</summary>
internal static class AlertBench
{
    private const int Batch = 5_000;
    private const int Repeats = 5;
    private const string Busy = "Practitioner/busy";
    private const string Rare = "Practitioner/rare";
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static Command Create()
    {
        var events = new Option<int>("--events") { Description = "Stored events", DefaultValueFactory = _ => 1_000_000 };
        var command = new Command("alerts", "The filters of the list of alerts over many stored events") { events };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(events), token));
        return command;
    }

    private static async Task<int> RunAsync(int events, CancellationToken cancellationToken)
    {
        DatabaseProviders.Register();
        var folder = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            await MeasureAsync("SQLite", Path.Combine(folder, "interop.db"), events, cancellationToken);
            await using var postgres = await PostgresServer.StartNewAsync(cancellationToken: cancellationToken);
            await MeasureAsync("PostgreSQL", await postgres.CreateDatabaseAsync("alerts", cancellationToken), events, cancellationToken);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string name, string connection, int events, CancellationToken cancellationToken)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        await new Migrator(database, typeof(MonitoringServices).Assembly).MigrateAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await FillAsync(database, events, cancellationToken);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {events:N0} events stored in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s; milliseconds, median and worst of {Repeats}"
            )
        );
        var end = Start.AddSeconds(events);
        foreach (var (what, filter) in Filters(Start.AddSeconds(events / 2), end))
        {
            var times = new List<double>();
            var count = 0;
            for (var i = 0; i < Repeats; i++)
            {
                var began = Stopwatch.GetTimestamp();
                var found = await database.ReadAsync(
                    (session, token) => AlertListStore.ListAsync(session, filter, filter.Agent is { } agent ? [agent] : [], token),
                    cancellationToken
                );
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                count = found.Count;
            }

            times.Sort();
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"  {what, -44} {times[Repeats / 2], 8:F1} {times[^1], 8:F1}   {count} rows")
            );
        }
    }

    private static IEnumerable<(string, AlertFilter)> Filters(DateTimeOffset middle, DateTimeOffset end)
    {
        var all = new AlertFilter(null, null, null, null, null, null, 50);
        var hour = all with { Since = middle, Until = middle.AddHours(1) };
        yield return ("no filter", all);
        yield return ("limit=1000", all with { Limit = 1_000 });
        foreach (var severity in new[] { "LOW", "MEDIUM", "HIGH" })
            yield return ($"severity={severity}", all with { Severity = severity });
        foreach (var status in new[] { "open", "confirmed", "dismissed", "suppressed" })
            yield return ($"status={status}", all with { Status = status });
        foreach (var status in new[] { "open", "confirmed", "suppressed" })
            yield return ($"status={status}&severity=HIGH", all with { Status = status, Severity = "HIGH" });
        yield return ("status=suppressed&severity=LOW (none)", all with { Status = "suppressed", Severity = "LOW" });
        yield return ("since, until: one hour", hour);
        foreach (var status in new[] { "confirmed", "suppressed" })
            yield return ($"one hour, status={status}", hour with { Status = status });
        yield return ("until: the second half of the time", all with { Until = middle });
        yield return ("source of nearly all events", all with { Source = "large" });
        yield return ("source of 100 old events", all with { Source = "small" });
        yield return ("source of 100 old events, severity=HIGH", all with { Source = "small", Severity = "HIGH" });
        yield return ("source without events", all with { Source = "none" });
        yield return ("agent of 1 % of the events", all with { Agent = Busy });
        yield return ("agent of 5 events", all with { Agent = Rare });
        yield return ("agent of 1 % of the events, severity=HIGH", all with { Agent = Busy, Severity = "HIGH" });
        yield return ("agent of 1 % of the events, status=suppressed", all with { Agent = Busy, Status = "suppressed" });
        yield return ("agent of 1 % of the events, status=confirmed", all with { Agent = Busy, Status = "confirmed" });
        yield return ("page after the middle", all with { Before = new AlertPosition(middle, AlertId.Of("large", 1)) });
        yield return (
            "page after the middle, severity=HIGH",
            all with
            {
                Severity = "HIGH",
                Before = new AlertPosition(middle, AlertId.Of("large", 1)),
            }
        );
        yield return ("since: the last day", all with { Since = end.AddDays(-1) });
    }

    /// <summary>One event a second: 1 % MEDIUM, 0.1 % HIGH, one in ten of these suppressed, one in a hundred judged.</summary>
    private static async Task FillAsync(Database database, int events, CancellationToken cancellationToken)
    {
        var raw = new HospitalSimulation(new HospitalOptions()).Events().First().Utf8;
        var template = AuditEventReader.Read(raw, Start, out _);
        var features = new AccessFeatures(new float[AccessFeatures.Size], 0);
        for (var first = 0; first < events; first += Batch)
        {
            var rows = Enumerable
                .Range(first, Math.Min(Batch, events - first))
                .Select(i => Row(i, events, template, features, raw))
                .ToList();
            await database.WriteAsync(
                async (session, token) =>
                {
                    await AuditEventStore.AddAsync(session, rows, 1, Start, token);
                    foreach (var (row, verdict) in rows.Where(r => r.Verdict!.Severity > AccessSeverity.Low).Select(r => (r, VerdictOf(r))))
                    {
                        if (verdict is not null)
                            await FeedbackStore.PutAsync(session, row.Source, row.Number, verdict, null, Start, token);
                    }
                },
                cancellationToken
            );
        }
    }

    private static string? VerdictOf(ScoredAccess access) =>
        (Mixed((int)access.Number - 1) / 10 % 100) switch
        {
            1 => "confirmed",
            2 => "dismissed",
            _ => null,
        };

    /// <summary>Scatters properties over the events, as they are in a hospital.</summary>
    private static uint Mixed(int i) => (uint)i * 2_654_435_761u >> 8;

    private static ScoredAccess Row(int i, int events, AccessEvent template, AccessFeatures features, ReadOnlyMemory<byte> raw)
    {
        var severity =
            i % 1_000 == 7 ? AccessSeverity.High
            : i % 100 == 50 ? AccessSeverity.Medium
            : AccessSeverity.Low;
        var mixed = Mixed(i);
        var agent =
            events - i is > 500_000 and <= 500_005 ? Rare
            : mixed % 100 == 1 ? Busy
            : $"Practitioner/p{mixed % 3_000}";
        return new ScoredAccess(
            i < 100 ? "small" : "large",
            i + 1,
            template with
            {
                Id = $"e{i}",
                Time = Start.AddSeconds(i),
                Agent = agent,
                Patient = $"Patient/{mixed % 20_000}",
            },
            CareContext.None,
            "Nurse",
            features,
            new AccessVerdict(severity == AccessSeverity.Low ? 0.5 : 1e-4, 0.5, severity, [], "m-1"),
            null,
            severity > AccessSeverity.Low && mixed % 10 == 0,
            raw
        );
    }
}
