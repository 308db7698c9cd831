using System.Text;
using Dapper;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Events;
using Interop.TestServers;
using Npgsql;

namespace Interop.Telemetry.Tests.Committing;

/// <summary>Batches with an event or a reject that PostgreSQL cannot store.</summary>
public sealed class BatchWriterTests : IAsyncLifetime
{
    private string _url = "";
    private TelemetryDatabase _telemetry = null!;
    private BatchWriter _writer = null!;

    public async Task InitializeAsync()
    {
        _url = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        _telemetry = new TelemetryDatabase(_url);
        await _telemetry.MigrateAsync(CancellationToken.None);
        _writer = new BatchWriter(_telemetry, new TelemetryOptions(), TimeProvider.System);
    }

    public async Task DisposeAsync() => await _telemetry.DisposeAsync();

    [Fact]
    public async Task A_reject_that_cannot_be_stored_is_dropped_and_the_rest_of_the_batch_is_stored()
    {
        var verdicts = await _writer.StoreAsync(
            [Event("a"), Event("b")],
            [Reject.Of("first", "raw"u8), new Reject("odd", "\ud800", "raw"), Reject.Of("last", "raw"u8)],
            CancellationToken.None
        );
        Assert.Equal([EventVerdict.Kept, EventVerdict.Kept], verdicts);
        Assert.Equal(["a", "b"], await QueryAsync("SELECT event_id FROM telemetry_events ORDER BY id"));
        Assert.Equal(["first", "last"], await QueryAsync("SELECT reason FROM telemetry_rejects ORDER BY id"));
    }

    [Fact]
    public async Task An_event_that_cannot_be_stored_becomes_a_reject_and_the_others_are_stored()
    {
        var odd = new TelemetryEvent
        {
            ReceivedAt = DateTimeOffset.UnixEpoch,
            EventId = "odd",
            Raw = "no JSON"u8.ToArray(),
        };
        odd[EventColumns.EventId] = "odd"u8.ToArray();
        odd[EventColumns.EventType] = "t"u8.ToArray();
        var verdicts = await _writer.StoreAsync(
            [Event("a"), odd, Event("b"), Event("c")],
            [Reject.Of("first", "raw"u8)],
            CancellationToken.None
        );
        Assert.Equal([EventVerdict.Kept, EventVerdict.Refused, EventVerdict.Kept, EventVerdict.Kept], verdicts);
        Assert.Equal(["a", "b", "c"], await QueryAsync("SELECT event_id FROM telemetry_events ORDER BY id"));
        Assert.Equal(["first", Reject.RefusedByDatabase], await QueryAsync("SELECT reason FROM telemetry_rejects ORDER BY reason"));
    }

    [Fact]
    public void A_cut_event_id_does_not_end_in_half_a_surrogate_pair()
    {
        var reject = Reject.Of("why", "raw"u8, new string('x', 511) + "😀😀");
        Assert.Equal(new string('x', 511), reject.EventId);
    }

    private static TelemetryEvent Event(string id) =>
        EventParser
            .Parse(Encoding.UTF8.GetBytes($$"""{"eventId":"{{id}}","eventType":"t"}"""), DateTimeOffset.UnixEpoch)
            .Events.Single()
            .Event;

    private async Task<List<string>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_url);
        return [.. await connection.QueryAsync<string>(sql)];
    }
}
