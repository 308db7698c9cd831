using Interop.Api.Tests.Support;
using Interop.TestServers;
using Xunit.Abstractions;

namespace Interop.Api.Tests.Crashes;

/// <summary>
/// A process that polls is killed at random moments, or loses its PostgreSQL, while the server sends 5,000 events of one instant in
/// pages of 20, repeats events across pages, adds outcomes, lets a page expire and commits events late. Every event is stored, counted and
/// scored once, and every alert reaches the log file. INTEROP_LONG=1: 20 seeds with 8 kills each, and an outage of 30 seconds.
/// </summary>
public sealed class PollKillTests(ITestOutputHelper output)
{
    private const int Events = 5_000;
    private const int LateEvents = 7;
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("INTEROP_LONG") == "1";
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(IsLong ? 30 : 4);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(20260301, IsLong ? 20 : 2)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_poll_that_is_killed_again_and_again_on_SQLite_stores_and_scores_every_event_once(int seed)
    {
        using var folder = new TemporaryFolder();
        await KillAsync(folder.File("interop.db"), seed);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_poll_that_is_killed_again_and_again_on_PostgreSQL_stores_and_scores_every_event_once(int seed) =>
        await KillAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), seed);

    [Fact]
    public async Task A_poll_whose_PostgreSQL_is_stopped_for_a_while_stores_and_scores_every_event_once()
    {
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions { Fsync = false });
        var database = await postgres.CreateDatabaseAsync();
        using var folder = new TemporaryFolder();
        var audit = Server(1);
        await using var upstream = await ScriptedServer.StartAsync(audit.Answer);
        await using var program = Start(folder, database, upstream.Base);
        using var http = await program.ClientAsync();
        await Eventually.Is(() => audit.Requests > 60, "some pages are polled");

        await postgres.KillAsync();
        Assert.True(audit.Requests < Events / 20, "the poll ended before PostgreSQL was stopped");
        await Task.Delay(Outage); // the outage itself
        AddLate(audit, 0);
        await postgres.StartAsync();

        await FinishAsync(program, folder, database, audit);
    }

    private async Task KillAsync(string database, int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var kills = IsLong ? 8 : 3;
        var audit = Server(random.Next(10, 200));
        await using var upstream = await ScriptedServer.StartAsync(audit.Answer);
        var killedAt = new List<int>();
        for (var kill = 0; kill < kills; kill++)
        {
            await using var program = Start(folder, database, upstream.Base);
            // Each life gets a share of the pages, so that the kills are spread over the first poll, the training and what follows.
            var moment = audit.Requests + random.Next(5, 2 * Events / 20 / kills);
            await Eventually.Is(() => audit.Requests >= moment, $"{moment} pages are asked for");
            // Between any two steps of a page.
            await Task.Delay(TimeSpan.FromMilliseconds(random.NextDouble() * 30));
            await program.KillAsync();
            killedAt.Add(audit.Requests);
            AddLate(audit, kill);
        }

        output.WriteLine($"seed {seed}: killed after {string.Join(", ", killedAt)} pages");
        await using var last = Start(folder, database, upstream.Base);
        await FinishAsync(last, folder, database, audit);
    }

    private static async Task FinishAsync(InteropProcess program, TemporaryFolder folder, string database, AuditServer audit)
    {
        using var http = await program.ClientAsync();
        await Eventually.Is(
            async () =>
            {
                using var answer = await http.GetAsync(new Uri("/api/pollers/default", UriKind.Relative));
                return answer.IsSuccessStatusCode && (await http.GetJsonAsync("/api/pollers/default")).Number("events") >= audit.Count;
            },
            "all events are stored"
        );
        // Another whole poll stores nothing again.
        var again = await http.PostJsonAsync("/api/pollers/default/poll");
        Assert.Equal(0, again.Number("stored"));
        await Eventually.Is(async () => (await PolledState.ReadAsync(database)).Unscored == 0, "all events are scored");
        Assert.Equal(PolledState.Once(audit.Count), await PolledState.ReadAsync(database));
        await Eventually.Is(async () => (await PolledAlerts.ReadAsync(database)).Waiting == 0, "all alerts are delivered");
        var logged = (await File.ReadAllLinesAsync(folder.File("data/logs/alerts.log"))).Select(PolledAlerts.IdOf).Distinct();
        Assert.Equal((await PolledAlerts.ReadAsync(database)).Ids, logged.Where(PolledAlerts.IsPolled).Order(StringComparer.Ordinal));
        Assert.Equal(0, await program.TerminateAsync());
    }

    /// <summary>Events that the server commits late: their instant lies before the watermark, inside the overlap.</summary>
    private static void AddLate(AuditServer audit, int group)
    {
        for (var i = 0; i < LateEvents; i++)
            audit.Add($"late-{group}-{i}", AuditServer.Noon.AddSeconds(-30), $"Practitioner/{i}");
    }

    private static AuditServer Server(int expiredPage)
    {
        var audit = new AuditServer
        {
            RepeatsAcrossPages = true,
            SendsOutcomes = true,
            OnPage = page =>
                page == expiredPage
                    ? new ScriptedAnswer(410, """{"resourceType":"OperationOutcome","issue":[{"code":"expired"}]}""")
                    : null,
        };
        for (var i = 0; i < Events; i++)
            audit.Add($"e{i}", AuditServer.Noon, $"Practitioner/{i % 11}", $"Patient/{i % 300}");
        return audit;
    }

    private static InteropProcess Start(TemporaryFolder folder, string database, Uri upstream) =>
        InteropProcess.Start(
            folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["DB_URL"] = database,
                ["FHIR_BASE_URL"] = upstream.AbsoluteUri,
                ["FHIR_POLLING_INTERVAL"] = "1",
                ["FHIR_POLLING_BATCH_SIZE"] = "20",
                ["FHIR_POLLING_SINCE"] = "2026-03-02T11:00:00Z",
            },
            "serve"
        );
}
