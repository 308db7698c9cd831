using System.Text.Json;
using Interop.Anomaly;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.TestServers;

namespace Interop.Grains.Tests.Polling;

/// <summary>A bad AuditEvent is stored, scored with the elements that it has, and flagged.</summary>
public abstract class BadEventTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static readonly Dictionary<string, AccessFlags> Flags = new()
    {
        ["no-agent"] = AccessFlags.NoAgent,
        ["no-recorded"] = AccessFlags.NoRecorded,
        ["future"] = AccessFlags.RecordedInFuture,
        ["past-century"] = AccessFlags.RecordedLongAgo,
        ["entities"] = AccessFlags.ManyEntities,
        ["host-name"] = AccessFlags.HostNameAsAddress,
        ["r5"] = AccessFlags.R5Shape,
        ["other"] = AccessFlags.OtherResource,
        ["types"] = AccessFlags.WrongTypes,
        ["deep"] = AccessFlags.WrongTypes,
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
        foreach (var kind in BadAuditEvents.Kinds)
            server.AddRaw(kind, AuditServer.Noon, BadAuditEvents.Of(kind, kind));

        var polled = await poller.Poll();

        Assert.Equal((BadAuditEvents.Kinds.Count, null), (polled.Stored, polled.Error));
        var query = Client.GetQuery<IAlertQueryGrain>();
        var stored = (await query.List(new AlertFilter(null, null, null, source, null, null, 1_000))).ToLookup(a => a.EventId);
        foreach (var kind in BadAuditEvents.Kinds.Where(k => k != "deep"))
        {
            var alert = Assert.Single(stored[kind]);
            Assert.True((AccessFlags)alert.Flags == Flags.GetValueOrDefault(kind), $"{kind}: {(AccessFlags)alert.Flags}");
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
}

[Collection(OnSqlite.Name)]
public sealed class BadEventsOnSqlite(SqliteSilo silo) : BadEventTests(silo);

[Collection(OnPostgres.Name)]
public sealed class BadEventsOnPostgres(PostgresSilo silo) : BadEventTests(silo);
