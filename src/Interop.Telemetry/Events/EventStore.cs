using System.Globalization;
using System.Text;
using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>The table <c>telemetry_events</c>.</summary>
internal static class EventStore
{
    // All writers of events take this advisory lock.
    private const long WriterLock = 0x496E7465726F7054;
    private const int MaxPageChars = 1024 * 1024;
    private const int MaxCounted = 200_000;

    /// <summary>An event as it is stored.</summary>
    public sealed record StoredEvent(long Id, string EventId, string RawPayload);

    private sealed record Row(long Id, string RawPayload);

    private sealed record MinuteRow(string Minute, long Events);

    private sealed record ListRow(
        long Id,
        string EventId,
        string EventType,
        DateTimeOffset? TimestampUtc,
        string? Status,
        string? SourceSystem,
        string? Organization,
        string? Qhin,
        long? DurationMs,
        long? ResultCount,
        string? CorrelationId,
        string RawPayload
    )
    {
        public EventListItem ToMessage() =>
            new(
                Id,
                EventId,
                EventType,
                TimestampUtc,
                Status,
                SourceSystem,
                Organization,
                Qhin,
                DurationMs,
                ResultCount,
                CorrelationId,
                new JsonText(RawPayload)
            );
    }

    /// <summary>
    /// Takes <paramref name="count"/> consecutive row ids and returns the first. From here to the commit no other process writes events, so
    /// row ids increase in the order of commits; and the commit waits for the disk, whatever the server or the database is set to.
    /// </summary>
    public static async Task<long> TakeIdsAsync(DbSession session, int count, CancellationToken cancellationToken)
    {
        if (count == 0)
            return 0;
        return session.Dialect == SqlDialect.Postgres
            ? await session.ScalarAsync<long>(
                $"""
                SELECT setval('telemetry_event_ids', nextval('telemetry_event_ids') + {count - 1}) - {count - 1},
                    CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
                FROM pg_advisory_xact_lock({WriterLock})
                """,
                null,
                cancellationToken
            )
            : 1
                + await session.ScalarAsync<long>(
                    "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'telemetry_events'), 0)",
                    null,
                    cancellationToken
                );
    }

    /// <summary>Inserts the events whose index is given, under consecutive row ids from <paramref name="firstId"/>.</summary>
    /// <returns>How many rows were inserted.</returns>
    public static async Task<long> InsertAsync(
        DbSession session,
        IReadOnlyList<TelemetryEvent> events,
        IEnumerable<int> indexes,
        long firstId,
        UpsertRule rule,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(EventColumns.Table);
        foreach (var index in indexes)
            events[index].WriteTo(rows, firstId + index);
        return await session.BulkUpsertAsync(rows, rule, cancellationToken);
    }

    /// <summary>The row ids that exist in a range of ids.</summary>
    public static Task<IReadOnlyList<long>> FindIdsAsync(DbSession session, long first, int count, CancellationToken cancellationToken) =>
        session.QueryAsync<long>(
            "SELECT id FROM telemetry_events WHERE id >= @First AND id < @End",
            new { First = first, End = first + count },
            cancellationToken
        );

    /// <summary>The stored events that have one of these event ids.</summary>
    public static Task<IReadOnlyList<StoredEvent>> FindAsync(
        DbSession session,
        IEnumerable<string> eventIds,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<StoredEvent>(
            $"SELECT id, event_id, raw_payload FROM telemetry_events WHERE {session.IsAnyOf("event_id", "@Ids")}",
            new { Ids = session.ArrayOf(eventIds) },
            cancellationToken
        );

    /// <summary>The next events from which PD executions are made, by row id.</summary>
    public static Task<IReadOnlyList<StoredEvent>> ReadCompletedSearchesAsync(
        DbSession session,
        long after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<StoredEvent>(
            "SELECT id, event_id, raw_payload FROM telemetry_events WHERE lower(event_type) = 'pd.request.completed' AND id > @After ORDER BY id LIMIT @Limit",
            new { After = after, Limit = limit },
            cancellationToken
        );

    /// <summary>The range that holds the next <paramref name="limit"/> events of a filter; without a limit all events up to now.</summary>
    public static async Task<EventRange> FindEndAsync(
        DbSession session,
        EventFilter filter,
        long after,
        long? limit,
        CancellationToken cancellationToken
    )
    {
        if (limit is { } most)
        {
            var last = await session.ScalarAsync<long?>(
                $"SELECT id FROM telemetry_events WHERE {Conditions(filter)} ORDER BY id LIMIT 1 OFFSET @Skip",
                Arguments(filter, after, skip: most - 1),
                cancellationToken
            );
            if (last is { } end)
                return new EventRange(after, end, IsFull: true);
        }

        return new EventRange(
            after,
            await session.ScalarAsync<long>("SELECT COALESCE(MAX(id), 0) FROM telemetry_events", null, cancellationToken),
            IsFull: false
        );
    }

    /// <summary>Events, the newest first.</summary>
    public static async Task<IReadOnlyList<EventListItem>> ListNewestAsync(
        DbSession session,
        EventFilter filter,
        long? before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<ListRow>(
            $"""
            SELECT id, event_id, event_type, timestamp_utc, status, source_system, organization, qhin, duration_ms, result_count, correlation_id, raw_payload
            FROM telemetry_events WHERE {Conditions(filter)} {(before is null ? "" : "AND id < @Last")} ORDER BY id DESC LIMIT @Skip
            """,
            Arguments(filter, after: 0, last: before ?? 0, skip: limit),
            cancellationToken
        );
        return [.. rows.Select(r => r.ToMessage())];
    }

    /// <summary>How many events were received in each minute since the instant, among the newest ones.</summary>
    public static async Task<IReadOnlyList<MinuteCount>> CountByMinuteAsync(
        DbSession session,
        DateTimeOffset since,
        CancellationToken cancellationToken
    )
    {
        var minute =
            session.Dialect == SqlDialect.Postgres
                ? "to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI')"
                : "substr(received_at, 1, 16)";
        var rows = await session.QueryAsync<MinuteRow>(
            $"""
            SELECT {minute} AS minute, COUNT(*) AS events FROM telemetry_events
            WHERE id > (SELECT COALESCE(MAX(id), 0) FROM telemetry_events) - {MaxCounted} AND received_at >= @since
            GROUP BY {minute} ORDER BY {minute}
            """,
            new { since },
            cancellationToken
        );
        return [.. rows.Select(r => new MinuteCount(DateTimeOffset.Parse($"{r.Minute}:00Z", CultureInfo.InvariantCulture), r.Events))];
    }

    /// <summary>The next payloads of a range, up to about 1 MiB.</summary>
    public static async Task<EventPage> ReadAsync(
        DbSession session,
        EventFilter filter,
        EventRange range,
        CancellationToken cancellationToken
    )
    {
        var payloads = new StringBuilder();
        var count = 0;
        var rows = session.StreamAsync<Row>(
            $"SELECT id, raw_payload FROM telemetry_events WHERE {Conditions(filter)} AND id <= @Last ORDER BY id",
            Arguments(filter, range.After, range.Last),
            cancellationToken
        );
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

    private static string Conditions(EventFilter filter) =>
        "id > @After AND "
        + SqlConditions.All(
            (filter.Since, "timestamp_utc >= @Since"),
            (filter.Until, "timestamp_utc <= @Until"),
            (filter.EventType, "event_type = @EventType"),
            (filter.Status, "status = @Status"),
            (filter.Source, "source_system = @Source"),
            (filter.Organization, "organization = @Organization"),
            (filter.CorrelationId, "(correlation_id = @CorrelationId OR correlation_request_id = @CorrelationId)")
        );

    private static object Arguments(EventFilter filter, long after, long last = 0, long skip = 0) =>
        new
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
