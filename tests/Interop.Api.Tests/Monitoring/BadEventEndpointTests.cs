using System.Net;
using System.Text.Json;
using Interop.Anomaly;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Monitoring;

/// <summary>Bad AuditEvents over real HTTP: sent to <c>/fhir/notify</c>, and polled from a server. Each is stored, flagged and scored with
/// the elements that it has.</summary>
public abstract class BadEventEndpointTests(MonitoringApi api)
{
    public static TheoryData<string, AccessFlags> Kinds { get; } =
        new()
        {
            { "no-agent", AccessFlags.NoAgent },
            { "no-recorded", AccessFlags.NoRecorded },
            { "future", AccessFlags.RecordedInFuture },
            { "past-century", AccessFlags.RecordedLongAgo },
            { "entities", AccessFlags.ManyEntities },
            { "host-name", AccessFlags.HostNameAsAddress },
            { "r5", AccessFlags.R5Shape },
            { "types", AccessFlags.WrongTypes },
            { "surrogate", AccessFlags.None },
            { "long-login", AccessFlags.None },
            { "number", AccessFlags.None },
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bad_event_that_is_sent_is_answered_with_its_flagged_and_scored_alert(string kind, AccessFlags flags)
    {
        var id = $"sent-{kind}-{Guid.NewGuid():N}";

        var alert = await api.NotifyAsync(BadAuditEvents.Of(kind, id));

        AssertFlaggedAndScored(alert, id, flags);
        var stored = await api.Http.GetJsonAsync($"/api/alerts/{alert.Text("id")}");
        AssertFlaggedAndScored(stored, id, flags);
        Assert.Equal(id, stored.GetProperty("event").Text("id"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bad_event_that_is_polled_is_stored_flagged_and_scored_once(string kind, AccessFlags flags)
    {
        var id = $"polled-{kind}-{Guid.NewGuid():N}";
        api.Audit.AddRaw(id, AuditServer.Noon.AddSeconds(599), BadAuditEvents.Of(kind, id));

        var polled = await api.Http.PostJsonAsync("/api/pollers/default/poll");
        var again = await api.Http.PostJsonAsync("/api/pollers/default/poll");

        Assert.Equal((1L, 0L), (polled.Number("stored"), again.Number("stored")));
        AssertFlaggedAndScored(await FindAsync(id), id, flags);
        // Sending it returns the stored alert.
        AssertFlaggedAndScored(await api.NotifyAsync(BadAuditEvents.Of(kind, id)), id, flags);
    }

    [Fact]
    public async Task An_event_with_NUL_is_refused_when_it_is_sent_and_scored_when_it_is_polled()
    {
        var id = $"nul-{Guid.NewGuid():N}";
        api.Audit.AddRaw(id, AuditServer.Noon.AddSeconds(599), BadAuditEvents.Of("nul", id));

        await api.NotifyAsync(BadAuditEvents.Of("nul", id), HttpStatusCode.BadRequest);

        Assert.Equal(1, (await api.Http.PostJsonAsync("/api/pollers/default/poll")).Number("stored"));
        AssertFlaggedAndScored(await FindAsync(id), id, AccessFlags.None);
    }

    [Fact]
    public async Task A_resource_of_another_type_is_refused_when_it_is_sent_and_flagged_when_it_is_polled()
    {
        var id = $"other-{Guid.NewGuid():N}";
        var problem = await api.NotifyAsync(BadAuditEvents.Of("other", id), HttpStatusCode.BadRequest);
        api.Audit.AddRaw(id, AuditServer.Noon.AddSeconds(599), BadAuditEvents.Of("other", id));

        var polled = await api.Http.PostJsonAsync("/api/pollers/default/poll");

        Assert.Contains("Provenance", problem.GetProperty("issues")[0].Text("diagnostics"), StringComparison.Ordinal);
        Assert.Equal(1, polled.Number("stored"));
        AssertFlaggedAndScored(await FindAsync(id), id, AccessFlags.OtherResource);
    }

    [Fact]
    public async Task An_event_that_is_nested_too_deep_is_refused_when_it_is_sent_and_stored_when_it_is_polled()
    {
        var body = BadAuditEvents.Of("deep", $"deep-{Guid.NewGuid():N}");
        api.Audit.AddRaw("deep", AuditServer.Noon.AddSeconds(599), body);

        await api.NotifyAsync(body, HttpStatusCode.BadRequest);

        Assert.Equal(1, (await api.Http.PostJsonAsync("/api/pollers/default/poll")).Number("stored"));
        Assert.Equal(0, (await api.Http.PostJsonAsync("/api/pollers/default/poll")).Number("stored"));
    }

    private async Task<JsonElement> FindAsync(string eventId) =>
        (await api.Http.GetJsonAsync("/api/alerts?source=default&limit=1000"))
            .GetProperty("alerts")
            .EnumerateArray()
            .Single(a => a.Text("raw_fhir_id") == eventId);

    private static void AssertFlaggedAndScored(JsonElement alert, string id, AccessFlags flags)
    {
        Assert.Equal(id, alert.Text("raw_fhir_id"));
        Assert.Equal(flags, (AccessFlags)alert.GetProperty("meta").Number("flags"));
        Assert.NotEqual("unscored", alert.Text("prediction"));
        Assert.InRange(alert.GetProperty("score").GetDouble(), 0, 1);
        Assert.NotNull(alert.Text("model_version"));
    }
}

public sealed class BadEventEndpointsOnSqlite(SqliteMonitoring api) : BadEventEndpointTests(api), IClassFixture<SqliteMonitoring>;

public sealed class BadEventEndpointsOnPostgres(PostgresMonitoring api) : BadEventEndpointTests(api), IClassFixture<PostgresMonitoring>;
