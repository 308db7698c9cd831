using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Monitoring;

/// <summary>Every endpoint of access monitoring: status, shape, and what it refuses.</summary>
public abstract class MonitoringEndpointTests(MonitoringApi api)
{
    private static readonly string[] AlertKeys =
    [
        "id",
        "timestamp",
        "ts",
        "source_ip",
        "prediction",
        "pred",
        "anomaly_score",
        "score",
        "severity",
        "sev",
        "raw_fhir_id",
        "predicted_class",
        "class_probs",
        "meta",
        "source",
        "agent",
        "patient",
        "action",
        "outcome",
        "reasons",
        "rarity",
        "model_version",
        "status",
    ];

    [Fact]
    public async Task Health_names_the_service()
    {
        var health = await api.Http.GetJsonAsync("/api/health");

        Assert.Equal(("ok", "interop"), (health.Text("status"), health.Text("service")));
        Assert.NotNull(health.Text("version"));
    }

    [Fact]
    public async Task Alerts_have_the_documented_keys_and_filters()
    {
        var answer = await api.Http.GetJsonAsync("/api/alerts");

        Assert.Equal(["alerts", "count", "timestamp"], answer.Keys());
        Assert.Equal(50, answer.Number("count"));
        var alert = answer.GetProperty("alerts")[0];
        Assert.Equal(AlertKeys, alert.Keys());
        Assert.Equal(alert.Text("ts"), alert.Text("timestamp"));
        Assert.Equal(JsonValueKind.Array, alert.GetProperty("reasons").ValueKind);
        var one = await api.Http.GetJsonAsync($"/api/alerts/{alert.Text("id")}");
        Assert.Equal([.. AlertKeys, "features", "event"], one.Keys());
        Assert.Equal("AuditEvent", one.GetProperty("event").Text("resourceType"));
        foreach (
            var (filter, count) in new[]
            {
                ("limit=3", 3L),
                ("agent=p1&limit=1000&until=2026-03-02T13:00:00Z", 120),
                ("agent=Practitioner/p1&limit=1000&until=2026-03-02T13:00:00Z", 120),
                ("source=default&since=2026-03-02T12:00:10Z&until=2026-03-02T12:00:20Z", 10),
                ("source=other", 0),
                ("status=suppressed", 0),
            }
        )
            Assert.Equal(count, (await api.Http.GetJsonAsync($"/api/alerts?{filter}")).Number("count"));
        foreach (var bad in new[] { "severity=URGENT", "status=new", "limit=0", "limit=x", "since=yesterday", "sverity=HIGH" })
            await api.Http.GetJsonAsync($"/api/alerts?{bad}", HttpStatusCode.BadRequest);
        await api.Http.GetJsonAsync("/api/alerts/default-999999", HttpStatusCode.NotFound);
        await api.Http.GetJsonAsync("/api/alerts/nonsense", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_notification_returns_its_alert_and_a_malformed_one_its_issues()
    {
        var id = Guid.NewGuid().ToString("N");
        var alert = await api.NotifyAsync(AuditServer.Event(id, AuditServer.Noon));
        var again = await api.NotifyAsync(AuditServer.Event(id, AuditServer.Noon));
        var bundle = await api.NotifyAsync(
            $$"""{"resourceType":"Bundle","type":"history","entry":[{"resource":{{AuditServer.Event(id, AuditServer.Noon)}} }]}"""
        );

        Assert.Equal(AlertKeys, alert.Keys());
        Assert.Equal(id, alert.Text("raw_fhir_id"));
        Assert.NotEqual("unscored", alert.Text("prediction"));
        Assert.Equal(alert.ToString(), again.ToString());
        Assert.Equal(["alerts", "count", "timestamp"], bundle.Keys());
        Assert.Equal(alert.Text("id"), bundle.GetProperty("alerts")[0].Text("id"));
        foreach (var bad in new[] { "", "{", "[]", """{"resourceType":"Patient"}""" })
        {
            var problem = await api.NotifyAsync(bad, HttpStatusCode.BadRequest);
            Assert.Equal(["severity", "code", "diagnostics"], problem.GetProperty("issues")[0].Keys());
        }

        await api.SendAsync(
            HttpMethod.Post,
            "/fhir/notify?source=nowhere",
            AuditServer.Event(id, AuditServer.Noon),
            HttpStatusCode.NotFound
        );
    }

    [Fact]
    public async Task A_poller_is_seen_started_stopped_and_configured()
    {
        var poller = (await api.Http.GetJsonAsync("/api/pollers")).EnumerateArray().Single();
        Assert.Equal(
            [
                "source",
                "enabled",
                "type",
                "interval",
                "batch",
                "since",
                "watermark",
                "lag",
                "last_poll",
                "events",
                "failures",
                "last_error",
            ],
            poller.Keys()
        );
        Assert.Equal("2026-03-02T12:09:59Z", poller.Text("watermark"));

        Assert.True((await api.Http.PostJsonAsync("/api/pollers/default/start")).GetProperty("enabled").GetBoolean());
        Assert.False((await api.Http.PostJsonAsync("/api/pollers/default/stop")).GetProperty("enabled").GetBoolean());
        var polled = await api.Http.PostJsonAsync("/api/pollers/default/poll");
        Assert.Equal((0L, 1L), (polled.Number("stored"), polled.Number("pages")));
        var changed = await api.SendAsync(HttpMethod.Put, "/api/pollers/default", """{"interval":60,"batch":100}""");
        Assert.Equal((60L, 100L), (changed.Number("interval"), changed.Number("batch")));
        foreach (
            var bad in new[]
            {
                """{"interval":0}""",
                """{"interval":86401}""",
                """{"batch":0}""",
                """{"batch":1001}""",
                """{"type":"audit event"}""",
                """{"since":"yesterday"}""",
                """{"since":"P30D"}""",
            }
        )
            await api.SendAsync(HttpMethod.Put, "/api/pollers/default", bad, HttpStatusCode.BadRequest);
        foreach (var path in new[] { "start", "stop", "poll" })
            await api.Http.PostJsonAsync($"/api/pollers/nowhere/{path}", HttpStatusCode.NotFound);
        await api.Http.GetJsonAsync("/api/pollers/nowhere", HttpStatusCode.NotFound);
        await api.SendAsync(HttpMethod.Put, "/api/pollers/nowhere", "{}", HttpStatusCode.NotFound);

        var reset = await api.SendAsync(HttpMethod.Put, "/api/pollers/default", """{"since":"2026-03-02T00:00:00Z","reset":true}""");
        Assert.Equal(JsonValueKind.Null, reset.GetProperty("watermark").ValueKind);
        Assert.Equal(0, (await api.Http.PostJsonAsync("/api/pollers/default/poll")).Number("stored"));
    }

    [Fact]
    public async Task Feedback_a_case_and_a_suppression_follow_an_alert()
    {
        var agent = $"Practitioner/{Guid.NewGuid():N}";
        var alert = (await api.NotifyAttackAsync(agent, AuditServer.Noon.AddDays(1)))[^1];
        var reasonClass = alert.Text("predicted_class");

        await api.SendAsync(
            HttpMethod.Post,
            $"/api/alerts/{alert.Text("id")}/feedback",
            """{"verdict":"maybe"}""",
            HttpStatusCode.BadRequest
        );
        await api.SendAsync(HttpMethod.Post, "/api/alerts/default-999999/feedback", """{"verdict":"confirmed"}""", HttpStatusCode.NotFound);
        await api.SendAsync(
            HttpMethod.Post,
            $"/api/alerts/{alert.Text("id")}/feedback",
            """{"verdict":"confirmed","reason":"seen"}""",
            HttpStatusCode.NoContent
        );
        Assert.Equal("confirmed", (await api.Http.GetJsonAsync($"/api/alerts/{alert.Text("id")}")).Text("status"));

        var found = (await api.Http.GetJsonAsync("/api/cases?status=open&limit=1000"))
            .EnumerateArray()
            .Single(c => c.Text("agent") == agent && c.Text("reason_class") == reasonClass);
        Assert.Equal(
            ["id", "source", "agent", "reason_class", "status", "assignee", "opened_at", "last_at", "alerts", "history"],
            found.Keys()
        );
        var path = $"/api/cases/{found.Number("id")}";
        var before = (await api.Http.GetJsonAsync(path)).Number("alerts");
        Assert.InRange(before, 1, 6);
        await api.NotifyAttackAsync(agent, AuditServer.Noon.AddDays(1).AddHours(20));
        Assert.InRange((await api.Http.GetJsonAsync(path)).Number("alerts"), before + 1, before + 6);
        await api.SendAsync(HttpMethod.Patch, path, """{"assignee":"ada","note":"called the ward"}""");
        var closed = await api.SendAsync(HttpMethod.Patch, path, """{"status":"dismissed"}""");
        Assert.Equal(
            ("dismissed", "ada", 2),
            (closed.Text("status"), closed.Text("assignee"), closed.GetProperty("history").GetArrayLength())
        );
        Assert.Equal(["at", "by", "status", "assignee", "note"], closed.GetProperty("history")[0].Keys());
        Assert.Equal("called the ward", closed.GetProperty("history")[0].Text("note"));
        await api.SendAsync(HttpMethod.Patch, path, """{"status":"closed"}""", HttpStatusCode.BadRequest);
        await api.SendAsync(HttpMethod.Patch, path, "{}", HttpStatusCode.BadRequest);
        await api.SendAsync(HttpMethod.Patch, "/api/cases/999999", """{"status":"open"}""", HttpStatusCode.NotFound);
        await api.Http.GetJsonAsync("/api/cases?status=closed", HttpStatusCode.BadRequest);

        foreach (
            var bad in new[]
            {
                """{"until":"2126-01-01T00:00:00Z"}""",
                $$"""{"agent":"{{agent}}","until":"2026-01-01T00:00:00Z"}""",
                $$"""{"agent":"{{agent}}"}""",
                """{"reason_class":"snoping","until":"2126-01-01T00:00:00Z"}""",
            }
        )
            await api.SendAsync(HttpMethod.Post, "/api/suppressions", bad, HttpStatusCode.BadRequest);
        var suppression = await api.SendAsync(
            HttpMethod.Post,
            "/api/suppressions",
            $$"""{"agent":"{{agent}}","reason_class":"{{reasonClass}}","until":"2126-01-01T00:00:00Z"}"""
        );
        var kept = (await api.NotifyAttackAsync(agent, AuditServer.Noon.AddDays(4)))[^1];
        Assert.Equal(("suppressed", "HIGH"), (kept.Text("status"), kept.Text("severity")));
        var counted = (await api.Http.GetJsonAsync("/api/suppressions"))
            .EnumerateArray()
            .Single(s => s.Number("id") == suppression.Number("id"));
        Assert.InRange(counted.Number("suppressed"), 1, 6);
    }

    [Fact]
    public async Task The_watchlist_makes_every_access_to_its_patients_an_alert()
    {
        var patient = $"Patient/{Guid.NewGuid():N}";
        await api.SendAsync(
            HttpMethod.Put,
            "/api/watchlist",
            $$"""{"patient":"{{patient}}","reason":"employee"}""",
            HttpStatusCode.NoContent
        );
        await api.SendAsync(HttpMethod.Put, "/api/watchlist", """{"patient":"Practitioner/1"}""", HttpStatusCode.BadRequest);
        Assert.Contains((await api.Http.GetJsonAsync("/api/watchlist")).EnumerateArray(), w => w.Text("patient") == patient);

        await api.SendAsync(HttpMethod.Delete, $"/api/watchlist?patient={patient}", null, HttpStatusCode.NoContent);
        await api.SendAsync(HttpMethod.Delete, $"/api/watchlist?patient={patient}", null, HttpStatusCode.NotFound);
        await api.SendAsync(HttpMethod.Delete, "/api/watchlist?patient=x", null, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_accounting_of_disclosures_is_JSON_or_CSV()
    {
        var patient = Guid.NewGuid().ToString("N");
        for (var i = 0; i < 3; i++)
            await api.NotifyAsync(
                AuditServer.Event($"r-{patient}-{i}", AuditServer.Noon.AddHours(i), "Practitioner/reader", $"Patient/{patient}")
            );

        var all = await api.Http.GetJsonAsync($"/api/patients/{patient}/accesses");
        var some = await api.Http.GetJsonAsync(
            $"/api/patients/{patient}/accesses?since=2026-03-02T12:30:00Z&until=2026-03-02T13:30:00Z&format=json"
        );
        using var csv = await api.Http.GetAsync(new Uri($"/api/patients/{patient}/accesses?format=csv", UriKind.Relative));
        // The reads of this report are accesses, too, and follow with the source of the platform's own audit trail.
        var lines = (await csv.Content.ReadAsStringAsync())
            .TrimEnd()
            .Split("\r\n")
            .Where((line, i) => i == 0 || line.Contains(",default,", StringComparison.Ordinal))
            .ToArray();

        Assert.Equal(3, all.GetArrayLength());
        Assert.Equal($"r-{patient}-1", Assert.Single(some.EnumerateArray()).Text("raw_fhir_id"));
        Assert.Equal("text/csv", csv.Content.Headers.ContentType?.MediaType);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith(
            $"2026-03-02T12:00:00Z,default,Practitioner/reader,Practitioner,Patient/{patient},read,R,0,10.0.0.1,",
            lines[1],
            StringComparison.Ordinal
        );
        foreach (
            var agent in new[] { "reader", "Practitioner/reader", Uri.EscapeDataString("https://fhir.example.org/Practitioner/reader") }
        )
            Assert.InRange((await api.Http.GetJsonAsync($"/api/agents/{agent}/accesses")).GetArrayLength(), 3, 1000);
        await api.Http.GetJsonAsync($"/api/patients/{patient}/accesses?format=xml", HttpStatusCode.BadRequest);
        await api.Http.GetJsonAsync("/api/agents/reader", HttpStatusCode.NotFound);

        using var byBody = await api.Http.PostAsJsonAsync(
            "/api/reports/accesses",
            new { patient = $"Patient/{patient}", care = "unknown" }
        );
        using var csvByBody = await api.Http.PostAsJsonAsync("/api/reports/accesses", new { agent = "reader", format = "csv" });
        using var both = await api.Http.PostAsJsonAsync("/api/reports/accesses", new { patient = $"Patient/{patient}", agent = "reader" });
        // The audit trail adds that the first report was read.
        Assert.Equal(3, (await byBody.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Count(a => a.Text("source") == "default"));
        Assert.Contains($"Patient/{patient}", await csvByBody.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, both.StatusCode);
    }

    [Fact]
    public async Task An_access_to_several_patients_is_in_the_report_of_each_and_names_no_other()
    {
        var key = Guid.NewGuid().ToString("N");
        var others = string.Join(',', Enumerable.Range(1, 300).Select(i => $$"""{"what":{"reference":"Patient/{{key}}-{{i}}"} }"""));
        var at = AuditServer.Noon.AddHours(3);
        var alert = await api.NotifyAsync(
            AuditServer
                .Event($"many-{key}", at, "Practitioner/exporter", $"Patient/{key}-0")
                .Replace("\"entity\":[", $"\"entity\":[{others},", StringComparison.Ordinal)
        );

        foreach (var patient in new[] { $"{key}-0", $"{key}-1", $"{key}-250", $"{key}-300" })
        {
            var access = Assert.Single((await api.Http.GetJsonAsync($"/api/patients/{patient}/accesses")).EnumerateArray());
            Assert.Equal((alert.Text("id"), $"Patient/{patient}"), (access.Text("id"), access.Text("patient")));
        }

        var bounded = await api.Http.GetJsonAsync($"/api/patients/{key}-250/accesses?since={at.AddSeconds(1):yyyy-MM-ddTHH:mm:ssZ}");
        Assert.Equal(0, bounded.GetArrayLength());
    }

    [Fact]
    public async Task A_model_is_trained_in_shadow_and_promoted()
    {
        var promoted = await api.Http.GetJsonAsync("/api/anomaly/model");
        Assert.Equal("promoted", promoted.Text("status"));
        var trained = await api.Http.PostJsonAsync("/api/anomaly/model/train");
        Assert.Equal("shadow", trained.Text("status"));

        var key = Guid.NewGuid().ToString("N");
        await api.NotifyAsync(AuditServer.Event($"{key}-1", AuditServer.Noon));
        await api.NotifyAsync(AuditServer.Event($"{key}-2", AuditServer.Noon));
        var inShadow = (await api.Http.GetJsonAsync("/api/anomaly/models"))
            .EnumerateArray()
            .Single(m => m.Text("id") == trained.Text("id"))
            .GetProperty("shadow");
        Assert.Equal(promoted.Text("id"), inShadow.Text("beside"));
        Assert.True(inShadow.Number("events") >= 2);
        Assert.True((await api.Http.GetJsonAsync("/api/anomaly/model")).GetProperty("use").Number("events") >= 2);

        await api.SendAsync(HttpMethod.Post, "/api/anomaly/model/m-unknown/promote", null, HttpStatusCode.NotFound);
        await api.SendAsync(HttpMethod.Post, $"/api/anomaly/model/{trained.Text("id")}/promote", null, HttpStatusCode.NoContent);

        var models = (await api.Http.GetJsonAsync("/api/anomaly/models"))
            .EnumerateArray()
            .ToDictionary(m => m.Text("id")!, m => m.Text("status"));
        Assert.Equal(("promoted", "retired"), (models[trained.Text("id")!], models[promoted.Text("id")!]));
        await api.SendAsync(HttpMethod.Post, $"/api/anomaly/model/{promoted.Text("id")}/promote", null, HttpStatusCode.NoContent);
        Assert.Equal(promoted.Text("id"), (await api.Http.GetJsonAsync("/api/anomaly/model")).Text("id"));
    }
}

public sealed class MonitoringEndpointsOnSqlite(SqliteMonitoring api) : MonitoringEndpointTests(api), IClassFixture<SqliteMonitoring>;

public sealed class MonitoringEndpointsOnPostgres(PostgresMonitoring api) : MonitoringEndpointTests(api), IClassFixture<PostgresMonitoring>;
