using System.Collections.Concurrent;
using System.Text.Json;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Features;
using Interop.Anomaly.Scoring;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Interop.Monitoring.Tests.Anomaly;

/// <summary>The webhook against a real HTTP server.</summary>
public sealed class AlertWebhookTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private readonly ConcurrentQueue<int> _answers = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
    private ScriptedServer _receiver = null!;

    public async Task InitializeAsync() =>
        _receiver = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(_answers.TryDequeue(out var status) ? status : 200, "{}"));

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task A_HIGH_alert_is_posted_as_JSON_with_text_and_its_id_as_idempotency_key()
    {
        using var webhook = await StartAsync(new InstantClock());

        Publish(webhook, Alert(1, "Practitioner/a", AccessSeverity.High), Alert(2, "Practitioner/a", AccessSeverity.Medium));

        var request = Assert.Single(await ReceivedAsync(1));
        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.Equal("POST", request.Method);
        Assert.Equal("default-1", request.Headers["Idempotency-Key"].ToString());
        Assert.Equal("HIGH snooping: Practitioner/a: opened 41 patients in 60 minutes; own norm 6", body.GetProperty("text").GetString());
        Assert.Equal("default-1", body.GetProperty("alert").GetString());
    }

    [Theory]
    [InlineData(500, 503, 200)]
    [InlineData(429, 408, 500)]
    public async Task A_message_has_three_attempts_with_the_same_key(params int[] answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue(answer);
        var clock = new InstantClock();
        using var webhook = await StartAsync(clock);

        Publish(webhook, Alert(1, "Practitioner/a", AccessSeverity.High), Alert(2, "Practitioner/b", AccessSeverity.High));

        var requests = await ReceivedAsync(4);
        Assert.Equal(["default-1", "default-1", "default-1", "default-2"], requests.Select(r => r.Headers["Idempotency-Key"].ToString()));
        Assert.Equal(3, requests.Take(3).Select(r => r.Body).Count(b => b == requests[0].Body));
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)], clock.Waits.Where(w => w.Seconds is 1 or 4).Take(2));
    }

    [Fact]
    public async Task A_message_that_the_receiver_refuses_is_not_sent_again()
    {
        _answers.Enqueue(400);
        using var webhook = await StartAsync(new InstantClock());

        Publish(webhook, Alert(1, "Practitioner/a", AccessSeverity.High), Alert(2, "Practitioner/b", AccessSeverity.High));

        Assert.Equal(["default-1", "default-2"], (await ReceivedAsync(2)).Select(r => r.Headers["Idempotency-Key"].ToString()));
    }

    [Fact]
    public async Task Alerts_of_one_agent_and_class_within_the_window_are_one_message_at_its_end()
    {
        using var webhook = await StartAsync(TimeProvider.System, TimeSpan.FromSeconds(1));

        Publish(
            webhook,
            Alert(1, "Practitioner/a", AccessSeverity.High),
            Alert(2, "Practitioner/a", AccessSeverity.High),
            Alert(3, "Practitioner/a", AccessSeverity.High),
            Alert(4, "Practitioner/b", AccessSeverity.High)
        );

        var bodies = (await ReceivedAsync(3)).Select(r => JsonDocument.Parse(r.Body).RootElement).ToList();
        Assert.Equal(["default-1", "default-4", "default-2"], bodies.Select(b => b.GetProperty("alert").GetString()));
        Assert.Equal([1, 1, 2], bodies.Select(b => b.GetProperty("count").GetInt32()));
        Assert.Equal(["default-2", "default-3"], bodies[2].GetProperty("alerts").EnumerateArray().Select(i => i.GetString()));
        Assert.Contains("(2 alerts)", bodies[2].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_never_makes_the_publisher_wait()
    {
        using var stuck = new SemaphoreSlim(0);
        await using var receiver = await ScriptedServer.StartAsync(_ =>
        {
            stuck.Wait();
            return new ScriptedAnswer(200, "{}");
        });
        using var webhook = await StartAsync(TimeProvider.System, url: receiver.Base);
        var started = TimeProvider.System.GetTimestamp();

        for (var i = 1; i <= 30_000; i++) // more than may wait
            Publish(webhook, Alert(i, $"Practitioner/{i}", AccessSeverity.High));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        stuck.Release(1_000_000);
        await webhook.StopAsync(default);
    }

    private async Task<AlertWebhook> StartAsync(TimeProvider time, TimeSpan? window = null, Uri? url = null)
    {
        var options = new AlertOptions { WebhookUrl = (url ?? _receiver.Base).AbsoluteUri };
        options.WebhookWindow = window ?? options.WebhookWindow;
        var webhook = new AlertWebhook(
            Options.Create(options),
            _services.GetRequiredService<IHttpClientFactory>(),
            time,
            NullLogger<AlertWebhook>.Instance
        );
        await webhook.StartAsync(default);
        return webhook;
    }

    private static void Publish(AlertWebhook webhook, params ScoredAccess[] alerts) =>
        new AlertOutlets(new AlertLog(Options.Create(new AlertOptions()), NullLogger<AlertLog>.Instance), webhook).Publish(alerts);

    private async Task<ScriptedRequest[]> ReceivedAsync(int count)
    {
        await Eventually.Is(() => _receiver.Requests.Length >= count, $"{count} messages are received");
        return _receiver.Requests;
    }

    private static ScoredAccess Alert(long number, string agent, AccessSeverity severity) =>
        new(
            "default",
            number,
            AuditEventReaderTests.Read("""{"resourceType":"AuditEvent","agent":[{"altId":"x"}]}""") with
            {
                Agent = agent,
                Time = Now,
            },
            CareContext.None,
            "Nurse",
            new AccessFeatures(new float[AccessFeatures.Size], 0),
            new AccessVerdict(
                1e-4,
                0.8,
                severity,
                [new AccessReason(ReasonClass.Snooping, "opened 41 patients in 60 minutes; own norm 6", "patients_in_hour", 2)],
                "m-1"
            ),
            null,
            false,
            default
        );
}
