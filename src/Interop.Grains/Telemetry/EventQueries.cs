using System.Text;
using Interop.Storage;

namespace Interop.Telemetry;

/// <summary>Reading events by position.</summary>
internal static class EventQueries
{
    private const int MaxPageChars = 1024 * 1024;

    private sealed record Row(long Id, string RawPayload);

    public static async Task<EventRange> FindEndAsync(
        DbSession session, EventFilter filter, long after, long? limit, CancellationToken cancellationToken)
    {
        if (limit is { } most)
        {
            var last = await session.ScalarAsync<long?>(
                $"SELECT id FROM telemetry_events WHERE {Conditions(filter)} ORDER BY id LIMIT 1 OFFSET @Skip", Arguments(filter, after, skip: most - 1), cancellationToken);
            if (last is { } end)
                return new EventRange(after, end, IsFull: true);
        }

        return new EventRange(
            after, await session.ScalarAsync<long>("SELECT COALESCE(MAX(id), 0) FROM telemetry_events", null, cancellationToken), IsFull: false);
    }

    public static async Task<EventPage> ReadAsync(DbSession session, EventFilter filter, EventRange range, CancellationToken cancellationToken)
    {
        var payloads = new StringBuilder();
        var count = 0;
        var rows = session.StreamAsync<Row>(
            $"SELECT id, raw_payload FROM telemetry_events WHERE {Conditions(filter)} AND id <= @Last ORDER BY id",
            Arguments(filter, range.After, range.Last),
            cancellationToken);
        await foreach (var row in rows)
        {
            if (count++ > 0)
                payloads.Append(',');
            payloads.Append(row.RawPayload);
            if (payloads.Length >= MaxPageChars)
                return new EventPage(payloads.ToString(), count, row.Id);
        }

        return new EventPage(payloads.ToString(), count, range.Last);
    }

    private static string Conditions(EventFilter filter)
    {
        var conditions = new StringBuilder("id > @After");
        void When(object? value, string condition)
        {
            if (value is not null)
                conditions.Append(" AND ").Append(condition);
        }

        When(filter.Since, "timestamp_utc >= @Since");
        When(filter.Until, "timestamp_utc <= @Until");
        When(filter.EventType, "event_type = @EventType");
        When(filter.Status, "status = @Status");
        When(filter.Source, "source_system = @Source");
        When(filter.Organization, "organization = @Organization");
        When(filter.CorrelationId, "(correlation_id = @CorrelationId OR correlation_request_id = @CorrelationId)");
        return conditions.ToString();
    }

    private static object Arguments(EventFilter filter, long after, long last = 0, long skip = 0) => new
    {
        filter.Since,
        filter.Until,
        filter.EventType,
        filter.Status,
        filter.Source,
        filter.Organization,
        filter.CorrelationId,
        After = after,
        Last = last,
        Skip = skip,
    };
}
