using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>
/// A process is killed (SIGKILL) between the commit of alerts and their delivery. The next one delivers them to the log file and to the
/// webhook, and each message keeps its Idempotency-Key.
/// </summary>
public sealed class AlertKillTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Alerts_that_a_killed_process_has_committed_on_SQLite_are_delivered_by_the_next_one()
    {
        using var folder = new TemporaryFolder();
        await DeliverAfterKillAsync(folder, folder.File("interop.db"));
    }

    [Fact]
    public async Task Alerts_that_a_killed_process_has_committed_on_PostgreSQL_are_delivered_by_the_next_one()
    {
        using var folder = new TemporaryFolder();
        await DeliverAfterKillAsync(folder, await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());
    }

    [Fact]
    public async Task A_message_that_was_sent_but_not_answered_before_the_kill_is_sent_again_with_its_key_on_SQLite()
    {
        using var folder = new TemporaryFolder();
        await SendAgainAfterKillAsync(folder, folder.File("interop.db"));
    }

    [Fact]
    public async Task A_message_that_was_sent_but_not_answered_before_the_kill_is_sent_again_with_its_key_on_PostgreSQL()
    {
        using var folder = new TemporaryFolder();
        await SendAgainAfterKillAsync(folder, await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());
    }

    /// <summary>In the first life neither the log file nor the webhook can be reached.</summary>
    private static async Task DeliverAfterKillAsync(TemporaryFolder folder, string database)
    {
        await using var site = await Site.CreateAsync(folder, database);
        Directory.CreateDirectory(site.LogFile);
        List<JsonElement> alerts;
        await using (var first = site.Start(new Uri("http://127.0.0.1:1/")))
        {
            using var http = await first.ClientAsync();
            await http.PostJsonAsync("/api/pollers/default/poll");
            alerts = await AttackAsync(http, "Practitioner/a", 0);
            await first.KillAsync();
        }

        Directory.Delete(site.LogFile);
        await using var second = site.Start(site.Receiver.Base);

        var high = alerts.Where(a => a.Text("severity") == "HIGH").Select(a => a.Text("id")!).ToList();
        await Eventually.Is(() => high.ToHashSet().IsSubsetOf(site.Announced()), "the HIGH alerts are announced");
        await Eventually.Is(() => site.Logged().Count >= alerts.Count, "the alerts are in the log file");
        Assert.Equal(alerts.Select(a => a.Text("id")).Order(), site.Logged().Where(id => alerts.Any(a => a.Text("id") == id)).Order());
        Assert.Equal(site.Receiver.Requests.Length, site.Keys().Distinct().Count());
    }

    /// <summary>The receiver kills the program before it answers; then the window of the agent is still open.</summary>
    private static async Task SendAgainAfterKillAsync(TemporaryFolder folder, string database)
    {
        await using var site = await Site.CreateAsync(folder, database);
        await using (var first = site.Start(site.Receiver.Base))
        {
            using var http = await first.ClientAsync();
            await http.PostJsonAsync("/api/pollers/default/poll");
            site.Kill = first.KillAsync;
            try
            {
                await AttackAsync(http, "Practitioner/a", 0);
            }
            catch (HttpRequestException)
            {
                // The kill may come before the answer to the events.
            }

            await Eventually.Is(() => first.HasExited, "the receiver has killed the program");
        }

        site.Kill = null;
        var killedAt = site.Receiver.Requests.Length;
        await using var second = site.Start(site.Receiver.Base);
        using var again = await second.ClientAsync();
        await Eventually.Is(() => site.Receiver.Requests.Length > killedAt, "the message is sent again");
        var alerts = await AttackAsync(again, "Practitioner/a", 0); // those that are stored
        alerts.AddRange(await AttackAsync(again, "Practitioner/a", 1));
        alerts.AddRange(await AttackAsync(again, "Practitioner/a", 2));
        var high = alerts.Where(a => a.Text("severity") == "HIGH").Select(a => a.Text("id")!).ToList();
        await Eventually.Is(() => high.ToHashSet().IsSubsetOf(site.Announced()), "the HIGH alerts are announced");

        var messages = site.Receiver.Requests;
        Assert.Equal((site.Keys()[0], messages[0].Body), (site.Keys()[killedAt], messages[killedAt].Body));
        // What came while the window was open is one message at its end, and not before it.
        var waited = messages.Skip(killedAt + 1).Where(m => ClassOf(m) == ClassOf(messages[0])).ToList();
        var last = Assert.Single(waited);
        Assert.True(JsonDocument.Parse(last.Body).RootElement.Number("count") >= 2, last.Body);
        Assert.InRange(site.ArrivedAt(last) - site.ArrivedAt(messages[0]), Window - TimeSpan.FromSeconds(2), Eventually.Limit);
    }

    private static string? ClassOf(ScriptedRequest message) => JsonDocument.Parse(message.Body).RootElement.Text("predicted_class");

    /// <summary>Five failed logins and then a success: a rule makes the last one a HIGH alert.</summary>
    /// <returns>The MEDIUM and HIGH alerts.</returns>
    private static async Task<List<JsonElement>> AttackAsync(HttpClient http, string agent, int hour)
    {
        var at = AuditServer.Noon.AddHours(1 + hour);
        var entries = Enumerable
            .Range(0, 6)
            .Select(i => $$"""{"resource":{{AuditServer.Login($"login-{hour}-{i}", at.AddSeconds(i), agent, isSuccess: i == 5)}} }""");
        using var body = new StringContent(
            $$"""{"resourceType":"Bundle","type":"collection","entry":[{{string.Join(',', entries)}}]}""",
            Encoding.UTF8,
            "application/json"
        );
        using var answer = await http.PostAsync(new Uri("/fhir/notify", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        var alerts = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("alerts").EnumerateArray();
        return [.. alerts.Where(a => a.Text("severity") != "LOW")];
    }

    /// <summary>The servers around the program, which outlive it.</summary>
    private sealed class Site : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, TimeSpan> _arrivals = new();
        private readonly long _started = TimeProvider.System.GetTimestamp();
        private readonly TemporaryFolder _folder;
        private readonly string _database;
        private readonly ScriptedServer _upstream;

        private Site(TemporaryFolder folder, string database, ScriptedServer upstream) =>
            (_folder, _database, _upstream) = (folder, database, upstream);

        public ScriptedServer Receiver { get; private set; } = null!;

        /// <summary>Called before a message is answered.</summary>
        public Func<Task>? Kill { get; set; }

        public string LogFile => _folder.File("alerts.log");

        public static async Task<Site> CreateAsync(TemporaryFolder folder, string database)
        {
            var audit = new AuditServer();
            for (var i = 0; i < 600; i++)
                audit.Add($"e{i}", AuditServer.Noon.AddSeconds(i), $"Practitioner/p{i % 5}", $"Patient/{i % 40}");
            var site = new Site(folder, database, await ScriptedServer.StartAsync(audit.Answer));
            site.Receiver = await ScriptedServer.StartAsync(site.Receive);
            return site;
        }

        public InteropProcess Start(Uri webhook) =>
            InteropProcess.Start(
                _folder.Path,
                new Dictionary<string, string>
                {
                    ["PORT"] = "0",
                    ["DB_URL"] = _database,
                    ["FHIR_BASE_URL"] = _upstream.Base.AbsoluteUri,
                    ["FHIR_POLLING_ENABLED"] = "false",
                    ["FHIR_POLLING_BATCH_SIZE"] = "200",
                    ["FHIR_POLLING_SINCE"] = "2026-03-02T00:00:00Z",
                    ["ALERT_LOG_FILE"] = LogFile,
                    ["ALERT_WEBHOOK_URL"] = webhook.AbsoluteUri,
                    ["Alerts__WebhookWindow"] = Window.ToString("c"),
                },
                "serve"
            );

        /// <summary>The ids in the log file.</summary>
        public List<string> Logged() =>
            File.Exists(LogFile) ? [.. File.ReadAllLines(LogFile).Select(l => JsonDocument.Parse(l).RootElement.Text("id")!)] : [];

        /// <summary>The ids in the messages.</summary>
        public HashSet<string> Announced() =>
            [
                .. Receiver.Requests.SelectMany(r =>
                    JsonDocument.Parse(r.Body).RootElement.GetProperty("alerts").EnumerateArray().Select(i => i.GetString()!)
                ),
            ];

        public List<string> Keys() => [.. Receiver.Requests.Select(r => r.Headers["Idempotency-Key"].ToString())];

        /// <summary>When a message came for the first time.</summary>
        public TimeSpan ArrivedAt(ScriptedRequest message) => _arrivals[message.Body];

        public async ValueTask DisposeAsync()
        {
            await Receiver.DisposeAsync();
            await _upstream.DisposeAsync();
        }

        private ScriptedAnswer Receive(ScriptedRequest request)
        {
            _arrivals.TryAdd(request.Body, TimeProvider.System.GetElapsedTime(_started));
            Kill?.Invoke().GetAwaiter().GetResult();
            return new ScriptedAnswer(200, "{}");
        }
    }
}
