using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;
using Xunit.Abstractions;

namespace Interop.Api.Tests.Telemetry;

/// <summary>Events that were answered accepted:true are stored once and in order, whatever happens to the process or the
/// database.</summary>
public sealed class DurabilityTests(ITestOutputHelper output) : IDisposable
{
    private const int Senders = 16;
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("INTEROP_LONG") == "1";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_under_load_loses_no_accepted_event(bool onPostgres)
    {
        (string, string)[] settings = onPostgres ? [("DB_URL", await (await PostgresServer.SharedAsync()).CreateDatabaseAsync())] : [];
        var senders = Enumerable.Range(0, Senders).Select(i => new Sender($"s{i}")).ToArray();
        for (var round = 0; round < (IsLong ? 20 : 3); round++)
        {
            await using var server = await ServerProcess.StartAsync(_folder.Path, settings);
            var sending = senders.Select(s => s.SendUntilRefusedAsync(server.Http, TimeSpan.FromMinutes(1))).ToArray();
            var beforeKill = 5 + Random.Shared.Next(50);
            await Eventually.Is(() => senders.All(s => s.AcceptedInRound > beforeKill), "every sender has accepted events");
            await server.KillAsync();
            await Task.WhenAll(sending);
        }

        await using var last = await ServerProcess.StartAsync(_folder.Path, settings);
        await AssertAllStoredOnceInOrderAsync(last, senders);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_while_events_are_in_the_spool_loses_no_accepted_event(bool isAdopted)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var url = await postgres.CreateDatabaseAsync();
        var senders = Enumerable.Range(0, Senders).Select(i => new Sender($"s{i}")).ToArray();
        for (var round = 0; round < 2; round++)
        {
            await using var server = await ServerProcess.StartAsync(_folder.Path, ("DB_URL", url));
            var sending = senders.Select(s => s.SendUntilRefusedAsync(server.Http, TimeSpan.FromMinutes(1))).ToArray();
            await Eventually.Is(() => senders.All(s => s.AcceptedInRound > 5), "every sender has accepted events");
            postgres.Freeze();
            var before = senders.Select(s => s.AcceptedInRound).ToArray();
            await Eventually.Is(
                () => senders.Index().All(s => s.Item.AcceptedInRound > before[s.Index] + 20),
                "the spool has events of every sender"
            );
            if (round == 0)
                postgres.Thaw(); // the first kill comes while the spool is drained, the second one before
            await server.KillAsync();
            await Task.WhenAll(sending);
            postgres.Thaw();
        }

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder.Path, "telemetry"), "*.spool"));
        using var other = new TemporaryFolder();
        if (isAdopted)
        {
            var (exitCode, output, errors) = await InteropProcess.RunAsync(
                other.Path,
                new Dictionary<string, string> { ["DB_URL"] = url, ["INTEROP_DATA"] = other.Path },
                "spool",
                "adopt",
                _folder.Path
            );
            Assert.True(exitCode == 0, errors);
            Assert.Contains("events stored, 0 not accepted", output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "telemetry"), "*.spool"));
        }

        await using var last = await ServerProcess.StartAsync(isAdopted ? other.Path : _folder.Path, ("DB_URL", url));
        await AssertAllStoredOnceInOrderAsync(last, senders);
    }

    /// <summary>How the database goes away.</summary>
    public enum Outage
    {
        /// <summary>A regular shutdown.</summary>
        Stopped,

        /// <summary>Killed, as by a power failure: it has to recover.</summary>
        Killed,

        /// <summary>Its connections stay open, and it does not answer.</summary>
        Frozen,
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Killed)]
    [InlineData(Outage.Frozen)]
    public async Task No_event_is_lost_and_no_sender_waits_while_the_database_is_away(Outage outage)
    {
        await using var postgres = await PostgresServer.StartNewAsync(); // with fsync, because committed events must survive
        await using var server = await ServerProcess.StartAsync(_folder.Path, ("DB_URL", await postgres.CreateDatabaseAsync()));
        var senders = Enumerable.Range(0, Senders).Select(i => new Sender($"s{i}")).ToArray();
        var away = IsLong ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(3);
        var sending = senders.Select(s => s.SendUntilRefusedAsync(server.Http, away + TimeSpan.FromSeconds(6))).ToArray();
        await Eventually.Is(() => senders.All(s => s.AcceptedInRound > 5), "every sender has accepted events");
        var since = Stopwatch.GetTimestamp(); // from here on nothing is slow for being the first
        await TakeAwayAsync(postgres, outage, away);
        await Task.WhenAll(sending);

        Assert.Equal(0, senders.Sum(s => s.Refused));
        await AssertAllStoredOnceInOrderAsync(server, senders);
        var latencies = senders.SelectMany(s => s.Latencies).Where(l => l.SentAt >= since).Select(l => l.Milliseconds).Order().ToArray();
        var figures =
            $"{latencies.Length} answers: p50 {latencies[latencies.Length / 2]:0} ms, p99 {latencies[latencies.Length * 99 / 100]:0} ms, the longest {latencies[^1]:0} ms";
        output.WriteLine(figures);
        // The contract's limit of 100 ms needs a quiet machine: it is asserted in the long form and by `bench telemetry --outage`.
        if (IsLong)
            Assert.True(latencies[^1] < 100, figures);
    }

    [Fact]
    public async Task A_full_spool_is_answered_with_503_and_the_events_before_it_are_stored()
    {
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions { Fsync = false });
        await using var server = await ServerProcess.StartAsync(
            _folder.Path,
            ("DB_URL", await postgres.CreateDatabaseAsync()),
            ("Telemetry__MaxSpoolMebibytes", "1")
        );
        await postgres.StopAsync();
        var accepted = new List<string>();
        for (var i = 0; ; i++)
        {
            using var answer = await server.PostAsync(
                "/api/telemetry/events",
                $$"""{"eventId":"f-{{i}}","eventType":"t","text":"{{new string('x', 100_000)}}"}"""
            );
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Assert.NotNull(answer.Headers.RetryAfter);
                break;
            }

            accepted.Add($"f-{i}");
            Assert.True(i < 20);
        }

        await postgres.StartAsync();
        await Eventually.Is(() => Directory.GetFiles(Path.Combine(_folder.Path, "telemetry"), "*.spool").Length == 0, "the spool is empty");
        var stored = await server.GetAsync("/api/telemetry/events");
        Assert.Equal(accepted, stored.EnumerateArray().Select(e => e.GetProperty("eventId").GetString()!));
    }

    private static async Task TakeAwayAsync(PostgresServer postgres, Outage outage, TimeSpan away)
    {
        if (outage == Outage.Frozen)
            postgres.Freeze();
        else
            await (outage == Outage.Stopped ? postgres.StopAsync() : postgres.KillAsync());
        await Task.Delay(away);
        if (outage == Outage.Frozen)
            postgres.Thaw();
        else
            await postgres.StartAsync();
    }

    private async Task AssertAllStoredOnceInOrderAsync(ServerProcess server, Sender[] senders)
    {
        await Eventually.Is(() => Directory.GetFiles(Path.Combine(_folder.Path, "telemetry"), "*.spool").Length == 0, "the spool is empty");
        var stored = (await server.GetAsync("/api/telemetry/events"))
            .EnumerateArray()
            .Select(e => e.GetProperty("eventId").GetString()!)
            .ToList();
        Assert.Equal(stored.Count, stored.Distinct().Count());
        foreach (var sender in senders)
        {
            var own = stored
                .Where(id => id.StartsWith(sender.Name + "-", StringComparison.Ordinal))
                .Select(id => int.Parse(id[(sender.Name.Length + 1)..]))
                .ToList();
            Assert.Equal(own.Order(), own);
            // An event whose answer did not arrive may be stored or not.
            Assert.Empty(sender.Accepted.Except(own));
            Assert.Empty(own.Except(sender.Sent));
        }

        Assert.True(senders.Sum(s => s.Accepted.Count) > 0);
    }

    /// <summary>Sends one event after another, like a Mirth channel.</summary>
    private sealed class Sender(string name)
    {
        private int _next;
        private volatile int _acceptedInRound;

        public string Name { get; } = name;

        public HashSet<int> Sent { get; } = [];

        public HashSet<int> Accepted { get; } = [];

        public List<(long SentAt, double Milliseconds)> Latencies { get; } = [];

        public int Refused { get; private set; }

        public int AcceptedInRound => _acceptedInRound;

        /// <summary>Sends until the time is over or the server is gone.</summary>
        public async Task SendUntilRefusedAsync(HttpClient http, TimeSpan atMost)
        {
            _acceptedInRound = 0;
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < atMost)
            {
                var number = _next++;
                Sent.Add(number);
                var sentAt = Stopwatch.GetTimestamp();
                try
                {
                    var body = $$"""{"eventId":"{{Name}}-{{number}}","eventType":"t","correlationId":"{{Name}}"}""";
                    using var answer = await http.PostAsync(
                        "/api/telemetry/events",
                        new StringContent(body, Encoding.UTF8, "application/json")
                    );
                    var text = await answer.Content.ReadAsStringAsync();
                    Latencies.Add((sentAt, Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds));
                    if (
                        answer.StatusCode == HttpStatusCode.Accepted
                        && JsonDocument.Parse(text).RootElement.GetProperty("accepted").GetBoolean()
                    )
                    {
                        Accepted.Add(number);
                        _acceptedInRound++;
                    }
                    else
                    {
                        Refused++;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or ObjectDisposedException or OperationCanceledException)
                {
                    return; // the server was killed
                }
            }
        }
    }
}
