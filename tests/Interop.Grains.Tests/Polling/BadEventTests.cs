using System.Text.Json;
using Interop.Anomaly;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.TestServers;

namespace Interop.Grains.Tests.Polling;

/// <summary>A bad AuditEvent is stored, scored with the elements that it has, and flagged.</summary>
public abstract class BadEventTests(SharedSilo shared) : IngestionSuite(shared)
{
    private const string Sound = """
        {"resourceType":"AuditEvent","id":"@id","meta":{"versionId":"1","lastUpdated":"2026-03-02T12:00:00Z"},"type":{"code":"rest"},
        "subtype":[{"code":"read"}],"action":"R","recorded":"2026-03-02T12:00:00Z","outcome":"0",
        "agent":[{"who":{"reference":"Practitioner/a"},"requestor":true,"network":{"address":"10.0.0.1"}}],
        "source":{"observer":{"reference":"Device/ehr"}},"entity":[{"what":{"reference":"Patient/p"}}]}
        """;

    private static readonly Dictionary<string, (string Json, AccessFlags Flags)> Bad = new()
    {
        ["no-agent"] = (Change("\"agent\":", "\"agentless\":"), AccessFlags.NoAgent),
        ["no-recorded"] = (Change("\"recorded\":", "\"unrecorded\":"), AccessFlags.NoRecorded),
        ["future"] = (Change("\"recorded\":\"2026", "\"recorded\":\"2126"), AccessFlags.RecordedInFuture),
        ["past-century"] = (Change("\"recorded\":\"2026", "\"recorded\":\"1926"), AccessFlags.RecordedLongAgo),
        ["entities"] = (
            Change(
                "\"entity\":[",
                $"\"entity\":[{string.Concat(Enumerable.Range(0, 10_000).Select(i => $$"""{"what":{"reference":"Observation/{{i}}"} },"""))}"
            ),
            AccessFlags.ManyEntities
        ),
        ["host-name"] = (Change("10.0.0.1", "ws-12.example.org"), AccessFlags.HostNameAsAddress),
        ["r5"] = (Change("\"type\":{\"code\":\"rest\"}", "\"code\":{\"coding\":[{\"code\":\"read\"}]}"), AccessFlags.R5Shape),
        ["other"] = (Change("\"AuditEvent\"", "\"Provenance\""), AccessFlags.OtherResource),
        ["types"] = (Change("\"entity\":[", "\"entity\":7,\"entities\":["), AccessFlags.WrongTypes),
        ["nul"] = (Change("Device/ehr", "Device/\\u0000ehr"), AccessFlags.None),
        ["surrogate"] = (Change("Device/ehr", "Device/\\ud800"), AccessFlags.None),
        ["long-login"] = (Change("Practitioner/a", "Practitioner/" + new string('x', 5_000)), AccessFlags.None),
        ["number"] = (Change("\"outcome\":\"0\"", "\"outcome\":\"0\",\"x\":1e999999"), AccessFlags.None),
        ["deep"] = (
            Change("\"outcome\":\"0\"", $"\"outcome\":\"0\",\"x\":{new string('[', 20_000)}{new string(']', 20_000)}"),
            AccessFlags.WrongTypes
        ),
    };

    [Fact]
    public async Task Every_bad_event_is_stored_flagged_and_scored_and_stops_no_poll()
    {
        var server = new AuditServer();
        for (var i = 0; i < 600; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(-i), $"Practitioner/{i % 5}", $"Patient/{i % 40}");
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 200, null, AuditServer.Noon.AddDays(-1), Reset: false));
        Assert.Null((await poller.Poll()).Error); // there is a model now
        foreach (var (id, (json, _)) in Bad)
            server.AddRaw(id, AuditServer.Noon, json.Replace("@id", id, StringComparison.Ordinal));

        var polled = await poller.Poll();

        Assert.Equal((Bad.Count, null), (polled.Stored, polled.Error));
        var query = Client.GetQuery<IAlertQueryGrain>();
        var stored = (await query.List(new AlertFilter(null, null, null, source, null, null, 1_000))).ToLookup(a => a.EventId);
        foreach (var (id, (_, flags)) in Bad.Where(b => b.Key != "deep"))
        {
            var alert = Assert.Single(stored[id]);
            Assert.True((AccessFlags)alert.Flags == flags, $"{id}: {(AccessFlags)alert.Flags}");
            Assert.InRange(alert.Score!.Value, 0, 1);
        }

        var deep = Assert.Single(Assert.Single(stored, s => s.Key.StartsWith("sha256-", StringComparison.Ordinal)));
        Assert.Equal(AccessFlags.WrongTypes, (AccessFlags)deep.Flags);
        var raw = (await query.Find(deep.Id))!.Event.Text;
        Assert.StartsWith(
            "{\"resourceType\":\"AuditEvent\",\"id\":\"deep\"",
            JsonSerializer.Deserialize<string>(raw),
            StringComparison.Ordinal
        );
        Assert.Equal(0, (await poller.Poll()).Stored);
    }

    [Fact]
    public async Task An_event_that_the_server_stamps_with_the_future_does_not_hide_later_ones()
    {
        var server = new AuditServer();
        server.Add("now", AuditServer.Noon);
        server.Add("future", DateTimeOffset.UtcNow.AddYears(5));
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 20, null, AuditServer.Noon.AddDays(-1), Reset: false));

        Assert.Equal(2, (await poller.Poll()).Stored);
        server.Add("next", DateTimeOffset.UtcNow);

        Assert.Equal(1, (await poller.Poll()).Stored);
        Assert.True((await poller.GetStatus())!.Watermark <= DateTimeOffset.UtcNow);
    }

    private static string Change(string from, string to)
    {
        Assert.Contains(from, Sound, StringComparison.Ordinal);
        return Sound.Replace(from, to, StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }
}

[Collection(OnSqlite.Name)]
public sealed class BadEventsOnSqlite(SqliteSilo silo) : BadEventTests(silo);

[Collection(OnPostgres.Name)]
public sealed class BadEventsOnPostgres(PostgresSilo silo) : BadEventTests(silo);
