using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Models;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;
using Interop.Fhir.Client;
using Interop.Polling;
using Interop.Sandbox.Hospital;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Interop.Bench.Access;

/// <summary>
/// <c>poll</c>: pages of AuditEvents parsed, put through population and profiles, scored and committed on PostgreSQL, beside a floor that
/// only parses and inserts the same rows. The profiles answer in the process, without grain calls; the pages come from memory, without
/// HTTP.
/// </summary>
internal static class PollBench
{
    public static Command Create()
    {
        var events = new Option<int>("--events") { Description = "AuditEvents", DefaultValueFactory = _ => 100_000 };
        var pageSize = new Option<int>("--page-size") { Description = "Events a page", DefaultValueFactory = _ => 1_000 };
        var command = new Command("poll", "AuditEvents from page to stored score, against parsing and inserting alone")
        {
            events,
            pageSize,
        };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(events), parsed.GetValue(pageSize), token));
        return command;
    }

    private static async Task<int> RunAsync(int count, int pageSize, CancellationToken cancellationToken)
    {
        var pages = Pages(count, pageSize);
        await using var postgres = await PostgresServer.StartNewAsync(cancellationToken: cancellationToken);
        DatabaseProviders.Register();
        await using var database = DatabaseFactory.Open(
            new DatabaseOptions { Connection = await postgres.CreateDatabaseAsync("poll", cancellationToken) }
        );
        await new Migrator(database, typeof(MonitoringServices).Assembly).MigrateAsync(cancellationToken);
        Console.WriteLine(
            $"{count:N0} AuditEvents of {pages.Sum(p => (long)p.Length) / count:N0} bytes, {pageSize} a page; PostgreSQL on the same machine, {Environment.ProcessorCount} cores"
        );

        var models = new ModelCatalog(() => new ForestModel(), NullLogger<ModelCatalog>.Instance);
        var warm = await RunAsync(database, models, "warm", pages, false, cancellationToken);
        Print("first run, no model yet", count, warm);
        await new ModelTrainer(database, models, TimeProvider.System).TrainAsync(promote: true, cancellationToken);
        var floor = await FloorAsync(database, pages, cancellationToken);
        Print("(a) floor: parse and insert", count, floor);
        var whole = await RunAsync(database, models, "bench", pages, true, cancellationToken);
        Print("(b) parse, features, score, store", count, whole);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"ratio (b)/(a): {floor.TotalSeconds / whole.TotalSeconds:F2}; working set {Process.GetCurrentProcess().WorkingSet64 / 1e6:F0} MB"
            )
        );
        return 0;
    }

    private static async Task<TimeSpan> RunAsync(
        Database database,
        ModelCatalog models,
        string name,
        List<byte[]> pages,
        bool needsModel,
        CancellationToken cancellationToken
    )
    {
        var source = await MonitoredSource.ClaimAsync(
            database,
            models,
            TimeProvider.System,
            name,
            new PollerOptions(),
            true,
            new AgentMap(Options.Create(new MonitoringOptions()), NullLogger<AgentMap>.Instance),
            null,
            cancellationToken
        );
        await source.RefreshAsync(cancellationToken);
        if (needsModel && !source.HasModel)
            throw new InvalidOperationException("no model was promoted");
        var profiles = new Dictionary<string, AccessProfile>(StringComparer.Ordinal);
        var started = Stopwatch.GetTimestamp();
        foreach (var page in pages)
        {
            var batch = await source.PrepareAsync(IncomingEvents.Of(BundlePage.Parse(page), DateTimeOffset.UtcNow), cancellationToken);
            var agent = 0;
            foreach (var (key, request) in batch!.Requests)
                batch.Take(agent++, Observe(profiles, key, request));
            await source.CommitAsync(batch, null, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static AccessObserved Observe(Dictionary<string, AccessProfile> profiles, string agent, AccessBatch batch)
    {
        if (!profiles.TryGetValue(agent, out var profile))
            profiles[agent] = profile = new AccessProfile();
        profile.Begin(batch.Sequence);
        var before = profile.Events;
        var numbers = new float[batch.Accesses.Length * AccessFeatures.Size];
        for (var i = 0; i < batch.Accesses.Length; i++)
            profile.Observe(batch.Accesses[i], AccessFeatures.RowAt(numbers, i));
        return new AccessObserved(
            before,
            ImmutableCollectionsMarshal.AsImmutableArray(MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()),
            ImmutableCollectionsMarshal.AsImmutableArray(profile.Save())
        );
    }

    /// <summary>The same rows with empty features, no profiles and no score.</summary>
    private static async Task<TimeSpan> FloorAsync(Database database, List<byte[]> pages, CancellationToken cancellationToken)
    {
        var empty = new AccessFeatures(new float[AccessFeatures.Size], 0);
        var started = Stopwatch.GetTimestamp();
        var number = 0L;
        foreach (var page in pages)
        {
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

    private static List<byte[]> Pages(int count, int pageSize)
    {
        var pages = new List<byte[]>();
        foreach (var chunk in new HospitalSimulation(new HospitalOptions()).Events().Take(count).Chunk(pageSize))
        {
            var page = new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[");
            page.AppendJoin(',', chunk.Select(e => $"{{\"resource\":{Encoding.UTF8.GetString(e.Utf8.Span)}}}"));
            pages.Add(Encoding.UTF8.GetBytes(page.Append("]}").ToString()));
        }

        return pages;
    }

    private static void Print(string what, int count, TimeSpan time) =>
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what, -36} {time.TotalSeconds, 6:F1} s {count / time.TotalSeconds, 10:N0} events/s"
            )
        );
}
