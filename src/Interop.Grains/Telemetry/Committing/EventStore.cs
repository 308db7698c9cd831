using Interop.Storage;
using Interop.Telemetry.Events;
using Interop.Telemetry.Executions;
using Microsoft.Extensions.Options;

namespace Interop.Telemetry.Committing;

/// <summary>Writes a batch of events, with the PD executions that they make and the rejects beside them, as one transaction.</summary>
internal sealed class EventStore(TelemetryDatabase telemetry, IOptions<TelemetryOptions> options, TimeProvider time)
{
    // Any number will do, if all writers use the same.
    private const long WriterLock = 0x496E7465726F7054;
    private const string Refusal = "refused by the database";
    private const int BatchesAfterKnownEvent = 64;
    private int _batchesToJudge;

    /// <summary>Stores the batch; doing it again changes nothing. An event that the database refuses costs only itself.</summary>
    /// <returns>For each event what became of it.</returns>
    /// <exception cref="DatabaseException">Nothing is stored, or nobody knows (<see cref="CommitUncertainException"/>).</exception>
    public async Task<EventVerdict[]> StoreAsync(
        IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects, CancellationToken cancellationToken)
    {
        if (MayBeAllNew(events.Count))
        {
            try
            {
                return await telemetry.Database.WriteAsync((session, token) => WriteAsync(session, events, rejects, UpsertRule.Refuse, token), cancellationToken);
            }
            catch (Exception e) when (telemetry.Database.Classify(e) == FailureKind.DataRefused)
            {
                ExpectKnownEvents(); // nothing was stored; below it is looked at more closely
            }
        }

        try
        {
            return await telemetry.Database.WriteAsync((session, token) => WriteAsync(session, events, rejects, UpsertRule.KeepExisting, token), cancellationToken);
        }
        catch (Exception e) when (telemetry.Database.Classify(e) == FailureKind.DataRefused)
        {
            return await StoreHalvesAsync(events, rejects, cancellationToken);
        }
    }

    /// <summary>
    /// Ids are nearly always new, and a batch of new ones costs PostgreSQL half when it may go straight into the table. One known id sends the
    /// batch the other way, and those after it at once: who repeats one event repeats others.
    /// </summary>
    private bool MayBeAllNew(int events)
    {
        if (events == 0 || telemetry.Database.Dialect != SqlDialect.Postgres)
            return false;
        if (Volatile.Read(ref _batchesToJudge) <= 0)
            return true;
        Interlocked.Decrement(ref _batchesToJudge);
        return false;
    }

    private void ExpectKnownEvents() => Volatile.Write(ref _batchesToJudge, BatchesAfterKnownEvent);

    private async Task<EventVerdict[]> StoreHalvesAsync(
        IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects, CancellationToken cancellationToken)
    {
        if (events.Count > 1)
        {
            var half = events.Count / 2;
            var first = await StoreAsync([.. events.Take(half)], rejects, cancellationToken);
            return [.. first, .. await StoreAsync([.. events.Skip(half)], [], cancellationToken)];
        }

        await StoreAsync([], [.. rejects, .. events.Select(e => Reject.Of(Refusal, e.Raw.Span, e.EventId))], cancellationToken);
        return [.. events.Select(_ => EventVerdict.Refused)];
    }

    private async Task<EventVerdict[]> WriteAsync(
        DbSession session, IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects, UpsertRule rule, CancellationToken cancellationToken)
    {
        var verdicts = new EventVerdict[events.Count];
        var first = await TakeIdsAsync(session, events.Count, cancellationToken);
        var byEventId = new Dictionary<string, int>(events.Count, StringComparer.Ordinal);
        using var rows = new RowBatch(EventTables.Events);
        for (var i = 0; i < events.Count; i++)
        {
            if (byEventId.TryAdd(events[i].EventId, i))
                events[i].WriteTo(rows, first + i);
        }

        var inserted = await session.BulkUpsertAsync(rows, rule, cancellationToken);
        bool[]? isNew = null;
        if (inserted < events.Count)
        {
            ExpectKnownEvents();
            isNew = await KnownEvents.JudgeAsync(session, events, byEventId, first, verdicts, cancellationToken);
        }

        await ExecutionStore.WriteAsync(
            session, events.Index().Where(e => isNew?[e.Index] ?? true).Select(e => (first + e.Index, e.Item)), cancellationToken);
        await KeepAsync(
            session,
            [.. rejects, .. events.Index().Where(e => verdicts[e.Index] == EventVerdict.Reused).Select(e => Reject.Of(Reject.Reused, e.Item.Raw.Span, e.Item.EventId))],
            cancellationToken);
        return verdicts;
    }

    /// <summary>
    /// The first of <paramref name="count"/> ids in a row. From here to the commit nobody else writes events; and the commit waits for the disk,
    /// whatever the server or the database is set to.
    /// </summary>
    private static async Task<long> TakeIdsAsync(DbSession session, int count, CancellationToken cancellationToken)
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
                cancellationToken)
            : 1 + await session.ScalarAsync<long>("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'telemetry_events'), 0)", null, cancellationToken);
    }

    private async Task KeepAsync(DbSession session, Reject[] rejects, CancellationToken cancellationToken)
    {
        if (rejects.Length == 0)
            return;
        var now = time.GetUtcNow();
        var kept = rejects[Math.Max(0, rejects.Length - options.Value.MaxRejects)..]; // more would be deleted again below
        if (session.Dialect == SqlDialect.Postgres)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO telemetry_rejects (received_at, reason, event_id, raw)
                SELECT @Now, * FROM unnest(@Reasons::text[], @EventIds::text[], @Raws::text[])
                """,
                new { Now = now, Reasons = kept.Select(r => r.Reason).ToArray(), EventIds = kept.Select(r => r.EventId).ToArray(), Raws = kept.Select(r => r.Raw).ToArray() },
                cancellationToken);
        }
        else
        {
            foreach (var reject in kept)
            {
                await session.ExecuteAsync(
                    "INSERT INTO telemetry_rejects (received_at, reason, event_id, raw) VALUES (@Now, @Reason, @EventId, @Raw)",
                    new { Now = now, reject.Reason, reject.EventId, reject.Raw },
                    cancellationToken);
            }
        }

        await session.ExecuteAsync(
            "DELETE FROM telemetry_rejects WHERE id <= (SELECT MAX(id) FROM telemetry_rejects) - @MaxRejects", new { options.Value.MaxRejects }, cancellationToken);
    }
}
