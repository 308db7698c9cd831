using System.Collections.Concurrent;
using System.Text.Json;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Features;
using Interop.Anomaly.Scoring;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Grains.Tests.Polling;

/// <summary>From the outbox to the log file and to a webhook, which is a real HTTP server.</summary>
public abstract class AlertDeliveryTests(AlertDatabase database) : IAsyncLifetime
{
    private const string Reason = "opened 41 patients in 60 minutes; own norm 6";
    private readonly string _source = $"s{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<int> _answers = new();
    private readonly TemporaryFolder _folder = new();
    private readonly LogLines _log = new();
    private readonly List<AlertDelivery> _deliveries = [];
    private readonly ServiceProvider _services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
    private readonly AlertOptions _options = new();
    private ScriptedServer _receiver = null!;
    private long _epoch;

    private Database Database => database.Database;

    public async Task InitializeAsync()
    {
        _receiver = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(_answers.TryDequeue(out var status) ? status : 200, "{}"));
        _options.WebhookUrl = _receiver.Base.AbsoluteUri;
        _options.LogFile = _folder.File("alerts.log");
        var row = await Database.WriteAsync((session, token) => PollerStore.ClaimAsync(session, _source, new PollerOptions(), true, token));
        _epoch = row.Epoch;
    }

    public async Task DisposeAsync()
    {
        foreach (var delivery in _deliveries)
            await delivery.DisposeAsync();
        await _receiver.DisposeAsync();
        await _services.DisposeAsync();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_HIGH_alert_is_posted_as_JSON_with_text_and_its_id_as_idempotency_key()
    {
        await CommitAsync(High(1, "Practitioner/a"), Medium(2, "Practitioner/a"));

        Start(TimeProvider.System);

        var request = Assert.Single(await ReceivedAsync(1));
        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.Equal("POST", request.Method);
        Assert.Equal(Id(1), KeyOf(request));
        Assert.Equal($"HIGH snooping: Practitioner/a: {Reason}", body.GetProperty("text").GetString());
        Assert.Equal(Id(1), body.GetProperty("alert").GetString());
        await NothingWaitsAsync();
    }

    [Fact]
    public async Task MEDIUM_and_HIGH_alerts_are_lines_of_the_log_file_and_suppressed_and_LOW_ones_are_not()
    {
        await CommitAsync(
            High(1, "Practitioner/a"),
            Access(2, "Practitioner/a", AccessSeverity.Low),
            Medium(3, "Practitioner/a"),
            High(4, "Practitioner/a") with
            {
                IsSuppressed = true,
            }
        );

        Start(TimeProvider.System);

        await NothingWaitsAsync();
        var lines = (await File.ReadAllLinesAsync(_options.LogFile)).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([Id(1), Id(3)], lines.Select(l => l.GetProperty("id").GetString()));
        Assert.Equal(["HIGH", "MEDIUM"], lines.Select(l => l.GetProperty("severity").GetString()));
        Assert.Equal(Reason, lines[0].GetProperty("reasons")[0].GetString());
        Assert.Equal("1 in 10,000", lines[0].GetProperty("rarity").GetString());
        Assert.Equal([Id(1)], _receiver.Requests.Select(KeyOf));
    }

    [Fact]
    public async Task A_message_has_three_attempts_with_the_same_key_and_body()
    {
        Answer(500, 503, 200);
        await CommitAsync(High(1, "Practitioner/a"));
        var clock = new InstantClock();

        Start(clock);

        await NothingWaitsAsync();
        Assert.Equal([Id(1), Id(1), Id(1)], _receiver.Requests.Select(KeyOf));
        Assert.Single(_receiver.Requests.Select(r => r.Body).Distinct());
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)], clock.Waits.Where(w => w.Seconds is 1 or 4).Take(2));
    }

    [Fact]
    public async Task A_message_that_the_receiver_does_not_take_is_tried_again_a_minute_later_and_holds_no_other_up()
    {
        Answer(500, 429, 408); // then 200
        await CommitAsync(High(1, "Practitioner/a"), High(2, "Practitioner/b"));
        var clock = new InstantClock();
        var delivery = Start(clock);
        await ReceivedAsync(4);

        clock.Advance(TimeSpan.FromMinutes(1));
        delivery.Signal();

        Assert.Equal([Id(1), Id(1), Id(1), Id(2), Id(1)], (await ReceivedAsync(5)).Select(KeyOf));
        await NothingWaitsAsync();
    }

    [Fact]
    public async Task A_message_that_the_receiver_refuses_is_not_sent_again()
    {
        Answer(400);
        await CommitAsync(High(1, "Practitioner/a"), High(2, "Practitioner/b"));

        Start(new InstantClock());

        await NothingWaitsAsync();
        Assert.Equal([Id(1), Id(2)], _receiver.Requests.Select(KeyOf));
        Assert.Contains(_log.All, l => l.EventId == 3203 && l.Text.Contains("dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_nothing_takes_for_a_day_is_dropped_and_named_in_the_log()
    {
        Answer([.. Enumerable.Repeat(503, 6)]);
        await CommitAsync(High(1, "Practitioner/a"));
        var clock = new InstantClock();
        var delivery = Start(clock);
        await Eventually.Is(() => _log.All.Any(l => l.EventId == 3203), "three attempts have failed");

        clock.Advance(TimeSpan.FromHours(25));
        delivery.Signal();

        await NothingWaitsAsync();
        Assert.Equal(6, _receiver.Requests.Length);
        Assert.Contains(_log.All, l => l.EventId == 3203 && l.Text.Contains("dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Alerts_of_one_agent_and_class_within_the_window_are_one_message_at_its_end()
    {
        _options.WebhookWindow = TimeSpan.FromSeconds(1);
        await CommitAsync(High(1, "Practitioner/a"), High(2, "Practitioner/a"), High(3, "Practitioner/a"), High(4, "Practitioner/b"));

        Start(TimeProvider.System);

        var bodies = (await ReceivedAsync(3)).Select(r => JsonDocument.Parse(r.Body).RootElement).ToList();
        Assert.Equal([Id(1), Id(4), Id(2)], bodies.Select(b => b.GetProperty("alert").GetString()));
        Assert.Equal([1, 1, 2], bodies.Select(b => b.GetProperty("count").GetInt32()));
        Assert.Equal([Id(2), Id(3)], bodies[2].GetProperty("alerts").EnumerateArray().Select(i => i.GetString()));
        Assert.Contains("(2 alerts)", bodies[2].GetProperty("text").GetString(), StringComparison.Ordinal);
        await NothingWaitsAsync();
    }

    [Fact]
    public async Task A_window_and_the_alerts_that_wait_for_its_end_survive_a_restart()
    {
        var clock = new InstantClock();
        await CommitAsync(High(1, "Practitioner/a"), High(2, "Practitioner/a"));
        var first = Start(clock);
        await Eventually.Is(async () => await WaitingAsync(AlertOutboxStore.Webhook) == 1, "the first message is delivered");
        await first.DisposeAsync();
        await CommitAsync(High(3, "Practitioner/a"), High(4, "Practitioner/b"));

        var second = Start(clock);
        await ReceivedAsync(2); // of the other agent, in the next life
        clock.Advance(_options.WebhookWindow);
        second.Signal();

        var last = (await ReceivedAsync(3))[2];
        Assert.Equal([Id(1), Id(4), Id(2)], _receiver.Requests.Select(KeyOf));
        Assert.Equal(2, JsonDocument.Parse(last.Body).RootElement.GetProperty("count").GetInt32());
        await NothingWaitsAsync();
    }

    [Fact]
    public async Task An_alert_after_a_window_without_others_is_sent_at_once_and_opens_the_next_window()
    {
        var clock = new InstantClock();
        await CommitAsync(High(1, "Practitioner/a"));
        var delivery = Start(clock);
        await NothingWaitsAsync();
        clock.Advance(_options.WebhookWindow + TimeSpan.FromSeconds(1));

        await CommitAsync(clock.GetUtcNow(), High(2, "Practitioner/a"), High(3, "Practitioner/a"));
        delivery.Signal();

        Assert.Equal([Id(1), Id(2)], (await ReceivedAsync(2)).Select(KeyOf));
        await Eventually.Is(async () => await WaitingAsync(AlertOutboxStore.Webhook) == 1, "the third alert waits for the window's end");
    }

    [Fact]
    public async Task A_message_that_a_killed_process_has_sent_is_sent_again_with_the_same_key_and_body()
    {
        using var answer = new SemaphoreSlim(0);
        await using var silent = await ScriptedServer.StartAsync(_ =>
        {
            answer.Wait();
            return new ScriptedAnswer(500, "{}");
        });
        _options.WebhookUrl = silent.Base.AbsoluteUri;
        await CommitAsync(High(1, "Practitioner/a"));
        var killed = Start(TimeProvider.System);
        await Eventually.Is(() => silent.Requests.Length == 1, "the message is sent");
        var stopped = killed.DisposeAsync().AsTask();
        answer.Release(10);
        await stopped;
        await CommitAsync(High(2, "Practitioner/a"));

        _options.WebhookUrl = _receiver.Base.AbsoluteUri;
        Start(TimeProvider.System);

        var again = Assert.Single(await ReceivedAsync(1));
        Assert.Equal((KeyOf(silent.Requests[0]), silent.Requests[0].Body), (KeyOf(again), again.Body));
    }

    [Fact]
    public async Task A_webhook_that_does_not_answer_holds_neither_a_commit_nor_the_log_file_up()
    {
        using var answer = new SemaphoreSlim(0);
        await using var silent = await ScriptedServer.StartAsync(_ =>
        {
            answer.Wait();
            return new ScriptedAnswer(200, "{}");
        });
        _options.WebhookUrl = silent.Base.AbsoluteUri;
        await CommitAsync(High(1, "Practitioner/1"));
        var delivery = Start(TimeProvider.System);
        await Eventually.Is(() => silent.Requests.Length == 1, "the message is sent");

        for (var i = 2; i <= 50; i++)
        {
            await CommitAsync(High(i, $"Practitioner/{i}"));
            delivery.Signal();
        }

        await Eventually.Is(async () => await WaitingAsync(AlertOutboxStore.Log) == 0, "the log file has all");
        Assert.Equal(50, (await File.ReadAllLinesAsync(_options.LogFile)).Length);
        Assert.Equal(50, await WaitingAsync(AlertOutboxStore.Webhook));
        answer.Release(1_000);
    }

    [Fact]
    public async Task Alerts_wait_while_the_log_file_cannot_be_written()
    {
        Directory.CreateDirectory(_options.LogFile); // a folder takes the file's name
        await CommitAsync(Medium(1, "Practitioner/a"));
        var clock = new InstantClock();
        var delivery = Start(clock);
        await Eventually.Is(() => _log.All.Any(l => l.EventId == 3202), "the failure is logged");

        Directory.Delete(_options.LogFile);
        await CommitAsync(Medium(2, "Practitioner/a"));
        clock.Advance(TimeSpan.FromMinutes(1));
        delivery.Signal();

        await NothingWaitsAsync();
        var ids = (await File.ReadAllLinesAsync(_options.LogFile)).Select(l =>
            JsonDocument.Parse(l).RootElement.GetProperty("id").GetString()
        );
        Assert.Equal([Id(1), Id(2)], ids);
    }

    [Fact]
    public async Task A_line_that_a_crash_has_cut_off_does_not_spoil_the_next_one()
    {
        await File.WriteAllTextAsync(_options.LogFile, "{\"id\":\"cut");
        await CommitAsync(Medium(1, "Practitioner/a"));

        Start(TimeProvider.System);

        await NothingWaitsAsync();
        var lines = await File.ReadAllLinesAsync(_options.LogFile);
        Assert.Equal(2, lines.Length);
        Assert.Equal(Id(1), JsonDocument.Parse(lines[1]).RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_poller_that_has_lost_its_source_sends_no_message()
    {
        await Database.WriteAsync((session, token) => PollerStore.ClaimAsync(session, _source, new PollerOptions(), true, token));
        await CommitAsync(High(1, "Practitioner/a"));

        Start(TimeProvider.System);

        await Eventually.Is(() => _log.All.Any(l => l.EventId == 3204), "the loss is logged");
        Assert.Empty(_receiver.Requests);
        Assert.Equal(1, await WaitingAsync(AlertOutboxStore.Webhook));
    }

    private void Answer(params int[] statuses)
    {
        foreach (var status in statuses)
            _answers.Enqueue(status);
    }

    private AlertDelivery Start(TimeProvider time)
    {
        var options = Options.Create(_options with { });
        var loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        var delivery = new AlertDeliveries(
            Database,
            new AlertLog(options),
            new AlertWebhook(options, _services.GetRequiredService<IHttpClientFactory>(), time),
            options,
            time,
            loggers
        ).Start(_source, (session, token) => PollerStore.FenceAsync(session, _source, _epoch, token));
        _deliveries.Add(delivery);
        return delivery;
    }

    private Task CommitAsync(params ScoredAccess[] accesses) => CommitAsync(DateTimeOffset.UtcNow, accesses);

    /// <summary>Stores events and outbox in one transaction, as a poller does.</summary>
    private Task CommitAsync(DateTimeOffset now, params ScoredAccess[] accesses) =>
        Database.WriteAsync(
            async (session, token) =>
            {
                await AuditEventStore.AddAsync(session, accesses, 1, now, token);
                await new AlertOutbox(Options.Create(_options)).AddAsync(session, NewAlert.Of(accesses), now, token);
            }
        );

    private string Id(long number) => AlertId.Of(_source, number);

    private static string KeyOf(ScriptedRequest request) => request.Headers["Idempotency-Key"].ToString();

    private async Task<ScriptedRequest[]> ReceivedAsync(int count)
    {
        await Eventually.Is(() => _receiver.Requests.Length >= count, $"{count} messages are received");
        return _receiver.Requests;
    }

    private Task NothingWaitsAsync() =>
        Eventually.Is(
            async () => await WaitingAsync(AlertOutboxStore.Log) + await WaitingAsync(AlertOutboxStore.Webhook) == 0,
            "the outbox is empty"
        );

    private async Task<int> WaitingAsync(string channel) =>
        (await Database.ReadAsync((session, token) => AlertOutboxStore.ListAsync(session, _source, channel, 1_000, token))).Count;

    private ScoredAccess High(long number, string agent) => Access(number, agent, AccessSeverity.High);

    private ScoredAccess Medium(long number, string agent) => Access(number, agent, AccessSeverity.Medium);

    private ScoredAccess Access(long number, string agent, AccessSeverity severity)
    {
        var incoming = IncomingEvents.OfNotification(
            AuditServer.Event($"e{number}", AuditServer.Noon, agent),
            AuditServer.Noon,
            out _,
            out _
        )[0];
        return new ScoredAccess(
            _source,
            number,
            incoming.Event,
            CareContext.None,
            "Nurse",
            new AccessFeatures(new float[AccessFeatures.Size], 0),
            new AccessVerdict(1e-4, 0.8, severity, [new AccessReason(ReasonClass.Snooping, Reason, "patients_in_hour", 2)], "m-1"),
            null,
            false,
            incoming.Raw
        );
    }
}

/// <summary>A database without a silo: nothing else delivers.</summary>
public abstract class AlertDatabase(SqlDialect dialect) : IAsyncLifetime
{
    private TestDatabase? _database;

    internal Database Database => _database!.Database;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync(dialect);

    public async Task DisposeAsync() => await _database!.DisposeAsync();
}

public sealed class SqliteAlerts() : AlertDatabase(SqlDialect.Sqlite);

public sealed class PostgresAlerts() : AlertDatabase(SqlDialect.Postgres);

public sealed class AlertDeliveryOnSqlite(SqliteAlerts database) : AlertDeliveryTests(database), IClassFixture<SqliteAlerts>;

public sealed class AlertDeliveryOnPostgres(PostgresAlerts database) : AlertDeliveryTests(database), IClassFixture<PostgresAlerts>;
