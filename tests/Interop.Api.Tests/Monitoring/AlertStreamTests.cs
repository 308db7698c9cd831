using System.Net.ServerSentEvents;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Monitoring;

/// <summary><c>GET /api/alerts/stream</c> over real HTTP.</summary>
public abstract class AlertStreamTests(MonitoringApi api)
{
    [Fact]
    public async Task A_new_alert_comes_on_the_stream_and_ordinary_accesses_do_not()
    {
        using var stream = await OpenAsync(null);

        await api.NotifyAsync(AuditServer.Event($"quiet-{Guid.NewGuid():N}", AuditServer.Noon, "Practitioner/p1", "Patient/1"));
        var alerts = await api.NotifyAttackAsync($"Practitioner/{Guid.NewGuid():N}", AuditServer.Noon.AddHours(1));

        foreach (var alert in alerts)
        {
            var received = await stream.NextAsync();
            Assert.Equal("alert", received.EventType);
            Assert.Equal(alert.ToString(), JsonDocument.Parse(received.Data).RootElement.ToString());
        }
    }

    [Fact]
    public async Task Last_Event_ID_goes_on_after_that_alert_without_loss_or_repetition()
    {
        using var first = await OpenAsync(null);
        var agent = $"Practitioner/{Guid.NewGuid():N}";
        var one = await api.NotifyAttackAsync(agent, AuditServer.Noon.AddHours(2));
        var seen = await first.NextAsync();
        first.Dispose();
        var two = await api.NotifyAttackAsync(agent, AuditServer.Noon.AddHours(3));

        using var again = await OpenAsync(seen.EventId);

        Assert.Equal(one[0].Text("id"), IdOf(seen));
        foreach (var alert in one.Skip(1).Concat(two))
            Assert.Equal(alert.Text("id"), IdOf(await again.NextAsync()));
    }

    [Fact]
    public async Task A_commit_of_more_alerts_than_one_read_takes_is_sent_whole()
    {
        using var stream = await OpenAsync(null);
        var key = Guid.NewGuid().ToString("N");
        var at = AuditServer.Noon.AddHours(6);
        var alerts = await api.NotifyAllAsync(
            Enumerable
                .Range(0, 250)
                .SelectMany(a =>
                    Enumerable
                        .Range(0, 6)
                        .Select(i => AuditServer.Login($"{key}-{a}-{i}", at.AddSeconds(i), $"Practitioner/{key}-{a}", i == 5))
                )
        );
        Assert.True(alerts.Count >= 250, $"{alerts.Count} alerts");

        foreach (var alert in alerts)
            Assert.Equal(alert.Text("id"), IdOf(await stream.NextAsync()));
    }

    private static string? IdOf(SseItem<string> item) => JsonDocument.Parse(item.Data).RootElement.Text("id");

    private async Task<OpenStream> OpenAsync(string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/alerts/stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new OpenStream(response, await response.Content.ReadAsStreamAsync());
    }

    private sealed class OpenStream(HttpResponseMessage response, Stream stream) : IDisposable
    {
        private readonly IAsyncEnumerator<SseItem<string>> _items = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        /// <summary>The next alert of the polled source; the platform's own accesses may make others.</summary>
        public async Task<SseItem<string>> NextAsync()
        {
            do Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)), "the stream has ended");
            while (JsonDocument.Parse(_items.Current.Data).RootElement.Text("source") != "default");
            return _items.Current;
        }

        public void Dispose() => response.Dispose();
    }
}

public sealed class AlertStreamOnSqlite(SqliteMonitoring api) : AlertStreamTests(api), IClassFixture<SqliteMonitoring>;

public sealed class AlertStreamOnPostgres(PostgresMonitoring api) : AlertStreamTests(api), IClassFixture<PostgresMonitoring>;
