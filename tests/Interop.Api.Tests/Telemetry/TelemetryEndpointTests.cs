using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Interop.TestServers;
using Npgsql;

namespace Interop.Api.Tests.Telemetry;

/// <summary>The endpoints over HTTP, on either database.</summary>
public abstract class TelemetryEndpointTests : IAsyncLifetime
{
    private const string Flat =
        """{"eventId":"e-1","eventType":"pd.request.completed","timestampUtc":"2026-03-01T10:00:00Z","source":"mirth","protocol":"XCPD","interactionId":"ITI-55","organization":"org-a","qhin":"q-1","environment":"prod","status":"SUCCESS","durationMs":1500,"resultCount":2,"correlationId":"c-1"}""";

    private const string Nested =
        """{"eventId":"e-2","eventType":"PD.Request.Completed","timestamp":"2026-03-01T11:00:00Z","source":{"system":"mirth","channelId":"ch-7","environment":"test"},"correlation":{"requestId":"r-2","messageId":"m-2"},"execution":{"durationMs":500},"outcome":{"status":"failed","resultCount":0},"protocol":{"standard":"IHE","interactionId":"ITI-55"}}""";

    private readonly TemporaryFolder _folder = new();
    private ServerProcess _server = null!;

    public async Task InitializeAsync() =>
        _server = await ServerProcess.StartAsync(
            // A test that reads its own writes must not find them in the spool, and a busy machine may take longer than the usual 50 ms.
            _folder.Path,
            [.. await SettingsAsync(), ("Telemetry__CommitBudget", "00:00:20")]
        );

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_documented_calls_work()
    {
        Assert.True(await AcceptedAsync(Flat));
        Assert.True(await AcceptedAsync($"[{Nested}]"));

        var events = await _server.GetAsync("/api/telemetry/events");
        Assert.Equal([Flat, Nested], events.EnumerateArray().Select(e => e.GetRawText()));

        var executions = await _server.GetAsync("/api/pd-executions");
        Assert.Equal(
            """[{"executionId":"r-2","startedAt":"2026-03-01T10:59:59.5Z","completedAt":"2026-03-01T11:00:00Z","durationMs":500,"status":"failure","requestCount":0},{"executionId":"e-1","startedAt":"2026-03-01T09:59:58.5Z","completedAt":"2026-03-01T10:00:00Z","durationMs":1500,"status":"success","requestCount":2}]""",
            executions.GetRawText()
        );

        var summary = await _server.GetAsync("/api/pd-executions/summary");
        Assert.Equal(
            (2, 1, 1, 1000, 500, 1500),
            (
                Number(summary, "totalExecutions"),
                Number(summary, "successCount"),
                Number(summary, "failureCount"),
                Number(summary, "averageDurationMs"),
                Number(summary, "p50DurationMs"),
                Number(summary, "p95DurationMs")
            )
        );
        Assert.Equal(
            ["org-a", null],
            summary.GetProperty("byOrganization").EnumerateArray().Select(o => o.GetProperty("name").GetString()).OrderByDescending(n => n)
        );

        for (var again = 0; again < 2; again++)
        {
            using var answer = await _server.PostAsync("/api/pd-executions/materialize", "");
            Assert.Equal(2, Number(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, "materialized"));
        }

        Assert.Equal(executions.GetRawText(), (await _server.GetAsync("/api/pd-executions")).GetRawText());
    }

    [Fact]
    public async Task The_same_event_again_is_accepted_and_stored_once_and_another_event_under_its_id_is_rejected()
    {
        Assert.True(await AcceptedAsync(Flat));
        Assert.True(await AcceptedAsync(Flat));
        Assert.True(await AcceptedAsync(Flat.Replace(",", ", ", StringComparison.Ordinal))); // other blanks, the same event
        Assert.False(await AcceptedAsync(Flat.Replace("org-a", "org-b", StringComparison.Ordinal)));

        var (status, body) = await SendAsync($"[{Flat},{Nested},{Flat.Replace("org-a", "org-c", StringComparison.Ordinal)}]");
        Assert.Equal(
            (HttpStatusCode.Accepted, """{"accepted":false,"rejected":[{"index":2,"reason":"eventId reused"}]}"""),
            (status, body)
        );
        Assert.Equal([Flat, Nested], (await _server.GetAsync("/api/telemetry/events")).EnumerateArray().Select(e => e.GetRawText()));
    }

    [Fact]
    public async Task Bad_input_is_answered_at_once_with_202_and_accepted_false()
    {
        await AcceptedAsync(Flat); // the first call is slow
        string[] bad =
        [
            "",
            "{",
            "nonsense",
            "null",
            "7",
            "\"text\"",
            "{}",
            """{"eventId":"x"}""",
            """{"eventId":7,"eventType":"t"}""",
            """{"eventId":"","eventType":"t"}""",
            """{"eventId":"x","eventType":null}""",
            """{"eventId":"\ud800","eventType":"t"}""",
            new string('[', 10_000) + new string(']', 10_000),
            """{"eventId":"x","eventType":"t"} trailing""",
            """{"eventId":"deep","eventType":"t","a":""" + new string('[', 10_000) + new string(']', 10_000) + "}",
            $$"""{"eventId":"{{new string('x', 600)}}","eventType":"t"}""",
            "[1,2]",
        ];
        foreach (var body in bad)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.False(await AcceptedAsync(body), body.Length > 200 ? body[..200] : body);
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
        }

        // Its other fields have the wrong types: stored whole, with nothing in those columns.
        Assert.True(
            await AcceptedAsync(
                """{"eventId":"odd","eventType":"t","durationMs":"long","status":[1],"source":7,"timestampUtc":"yesterday","organization":"a\u0000b"}"""
            )
        );
        Assert.Equal(2, (await _server.GetAsync("/api/telemetry/events")).GetArrayLength());
    }

    [Fact]
    public async Task A_body_of_100_MB_is_not_read_to_its_end()
    {
        await AcceptedAsync(Flat);
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/telemetry/events") { Content = new EndlessContent(100_000_000) };
        using var answer = await _server.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.Accepted, """{"accepted":false}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.True(answer.Headers.ConnectionClose);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_filters_select()
    {
        await AcceptedAsync(
            "["
                + string.Join(
                    ',',
                    Enumerable
                        .Range(0, 25)
                        .Select(i =>
                            $$"""{"eventId":"p-{{i}}","eventType":"t{{i % 2}}","timestampUtc":"2026-03-01T10:00:{{i:00}}Z","status":"s","correlationId":"c-{{i % 5}}"}"""
                        )
                )
                + "]"
        );
        var seen = new List<string>();
        for (var url = "/api/telemetry/events?limit=10"; url is not null; )
        {
            using var page = await _server.Http.GetAsync(url);
            seen.AddRange(
                JsonDocument
                    .Parse(await page.Content.ReadAsStringAsync())
                    .RootElement.EnumerateArray()
                    .Select(e => e.GetProperty("eventId").GetString()!)
            );
            url = page.Headers.TryGetValues("Link", out var links) ? links.Single()[1..].Split('>')[0] : null;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"p-{i}"), seen);
        Assert.Equal(13, (await _server.GetAsync("/api/telemetry/events?eventType=t0")).GetArrayLength());
        Assert.Equal(5, (await _server.GetAsync("/api/telemetry/events?correlationId=c-3")).GetArrayLength());
        Assert.Equal(
            6,
            (await _server.GetAsync("/api/telemetry/events?since=2026-03-01T10:00:05Z&until=2026-03-01T10:00:10Z")).GetArrayLength()
        );
        Assert.Equal(0, (await _server.GetAsync("/api/telemetry/events?status=other")).GetArrayLength());
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Http.GetAsync("/api/telemetry/events?limit=0")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Http.GetAsync("/api/telemetry/events?cursor=abc")).StatusCode);
    }

    [Fact]
    public async Task All_executions_are_listed_and_with_a_limit_in_pages()
    {
        // Ten share a time of completion, so that the id decides their order.
        string[] all = [.. Enumerable.Range(0, 2_500).Select(i => $"x-{i:0000}")];
        foreach (var chunk in all.Index().Chunk(500))
        {
            Assert.True(
                await AcceptedAsync(
                    "["
                        + string.Join(
                            ',',
                            chunk.Select(e =>
                                $$"""{"eventId":"{{e.Item}}","eventType":"pd.request.completed","timestampUtc":"2026-03-01T{{e.Index / 600:00}}:{{e.Index / 10 % 60:00}}:00Z","durationMs":5,"status":"{{(e.Index % 2 == 0 ? "ok" : "no")}}"}"""
                            )
                        )
                        + "]"
                )
            );
        }

        var listed = (await _server.GetAsync("/api/pd-executions"))
            .EnumerateArray()
            .Select(e => (Id: e.GetProperty("executionId").GetString()!, At: e.GetProperty("completedAt").GetDateTimeOffset()))
            .ToList();
        Assert.Equal(all, listed.Select(e => e.Id).Order());
        Assert.Equal(listed.OrderByDescending(e => e.At).ThenBy(e => e.Id, StringComparer.Ordinal), listed);

        var paged = new List<string>();
        for (var url = "/api/pd-executions?limit=998&status=success"; url is not null; )
        {
            using var page = await _server.Http.GetAsync(url);
            paged.AddRange(
                JsonDocument
                    .Parse(await page.Content.ReadAsStringAsync())
                    .RootElement.EnumerateArray()
                    .Select(e => e.GetProperty("executionId").GetString()!)
            );
            url = page.Headers.TryGetValues("Link", out var links) ? links.Single()[1..].Split('>')[0] : null;
        }

        Assert.Equal(listed.Select(e => e.Id).Where(id => int.Parse(id[2..]) % 2 == 0), paged);
        foreach (var bad in new[] { "limit=0", "limit=10001", "cursor=abc", "cursor=%00", "cursor=AAAAAAAAAAAA", "cursor=__________8" })
            Assert.Equal(HttpStatusCode.BadRequest, (await _server.Http.GetAsync($"/api/pd-executions?{bad}")).StatusCode);
    }

    [Fact]
    public async Task A_body_of_half_a_million_elements_is_one_reject_and_a_short_answer()
    {
        await AcceptedAsync(Flat);
        var (status, body) = await SendAsync("[" + string.Join(',', Enumerable.Repeat("0", 500_000)) + "]");
        Assert.Equal((HttpStatusCode.Accepted, """{"accepted":false}"""), (status, body));
        (status, body) = await SendAsync("[" + string.Join(',', Enumerable.Repeat("0", 10_000)) + "]");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.EndsWith("\"rejectedCount\":10000}", body, StringComparison.Ordinal);
        Assert.True(body.Length < 100_000);
    }

    [Fact]
    public async Task A_member_name_with_a_lone_surrogate_does_no_harm_to_other_senders()
    {
        const string Odd = """{"\ud800":"\udc00","eventId":"odd","eventType":"pd.request.completed"}""";
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(i =>
                    AcceptedAsync(
                        i % 10 == 0
                            ? Odd.Replace("odd", $"odd-{i}", StringComparison.Ordinal)
                            : $$"""{"eventId":"s-{{i}}","eventType":"t"}"""
                    )
                )
        );
        Assert.All(answers, Assert.True);
        Assert.Equal(100, (await _server.GetAsync("/api/telemetry/events")).GetArrayLength());
    }

    private protected ServerProcess Server => _server;

    protected abstract Task<(string Name, string Value)[]> SettingsAsync();

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(string body)
    {
        using var answer = await _server.PostAsync("/api/telemetry/events", body);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<bool> AcceptedAsync(string body)
    {
        var (status, answer) = await SendAsync(body);
        Assert.Equal(HttpStatusCode.Accepted, status);
        return JsonDocument.Parse(answer).RootElement.GetProperty("accepted").GetBoolean();
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    /// <summary>A JSON array of this length in bytes.</summary>
    private sealed class EndlessContent(long length) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var piece = Encoding.UTF8.GetBytes(new string('[', 64 * 1024));
            for (var sent = 0L; sent < length; sent += piece.Length)
                await stream.WriteAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, length - sent)));
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}

public sealed class SqliteTelemetryEndpointTests : TelemetryEndpointTests
{
    protected override Task<(string Name, string Value)[]> SettingsAsync() => Task.FromResult<(string, string)[]>([]);
}

public sealed class PostgresTelemetryEndpointTests : TelemetryEndpointTests
{
    private string _url = "";

    [Fact]
    public async Task A_rejected_event_is_stored_with_the_reason()
    {
        using var answer = await Server.PostAsync(
            "/api/telemetry/events",
            "[" + string.Join(',', Enumerable.Repeat("""{"eventType":"t"}""", 250)) + "]"
        );
        using var nonsense = await Server.PostAsync("/api/telemetry/events", new string('x', 5_000));
        await using var source = NpgsqlDataSource.Create(_url);
        await Eventually.Is(
            async () => await CountAsync("reason = 'eventId is not a non-empty string' AND raw = '{\"eventType\":\"t\"}'") == 250,
            "250 rejects"
        );
        await Eventually.Is(
            async () => await CountAsync("reason = 'invalid JSON' AND length(raw) = 4096") == 1,
            "the beginning of what was no JSON"
        );

        async Task<long> CountAsync(string condition)
        {
            await using var command = source.CreateCommand($"SELECT COUNT(*) FROM telemetry_rejects WHERE {condition}");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk_where_the_server_is_set_not_to()
    {
        await using var source = NpgsqlDataSource.Create(_url);
        await using (
            var set = source.CreateCommand(
                """
                CREATE TABLE seen (setting text);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
                CREATE TRIGGER note AFTER INSERT ON telemetry_events EXECUTE FUNCTION note();
                """
            )
        )
            await set.ExecuteNonQueryAsync();
        await using (var asSet = source.CreateCommand("SHOW synchronous_commit"))
            Assert.Equal("off", await asSet.ExecuteScalarAsync());

        using var answer = await Server.PostAsync("/api/telemetry/events", """{"eventId":"durable","eventType":"t"}""");
        Assert.Equal("""{"accepted":true}""", await answer.Content.ReadAsStringAsync());
        await using var seen = source.CreateCommand("SELECT setting FROM seen");
        Assert.Equal("on", await seen.ExecuteScalarAsync());
    }

    protected override async Task<(string Name, string Value)[]> SettingsAsync()
    {
        _url = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return [("DB_URL", _url)];
    }
}
