using System.Text.Json;
using Interop.Storage;
using Interop.Telemetry.Events;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry.Committing;

/// <summary>Writes a batch in one transaction: its events, the PD executions that they make, and its rejects.</summary>
internal sealed class BatchWriter(TelemetryDatabase telemetry, TelemetryOptions options, TimeProvider time)
{
    private const int BatchesAfterKnownEvent = 64;
    private int _batchesToJudge;

    /// <summary>Stores the batch. A repetition changes nothing. If the database refuses an event, the other events are still
    /// stored.</summary>
    /// <returns>The verdict of each event.</returns>
    /// <exception cref="DatabaseException">Nothing is stored, or the outcome is unknown
    /// (<see cref="CommitUncertainException"/>).</exception>
    public async Task<EventVerdict[]> StoreAsync(
        IReadOnlyList<TelemetryEvent> events,
        IReadOnlyList<Reject> rejects,
        CancellationToken cancellationToken
    )
    {
        if (MayBeAllNew(events.Count))
        {
            try
            {
                return await telemetry.Database.WriteAsync(
                    (session, token) => WriteAsync(session, events, rejects, UpsertRule.Refuse, token),
                    cancellationToken
                );
            }
            catch (Exception e) when (IsFaultOfAnEvent(e))
            {
                ExpectKnownEvents(); // nothing was stored; the next attempt judges each event
            }
        }

        try
        {
            return await telemetry.Database.WriteAsync(
                (session, token) => WriteAsync(session, events, rejects, UpsertRule.KeepExisting, token),
                cancellationToken
            );
        }
        catch (Exception e) when (IsFaultOfAnEvent(e))
        {
            return await StoreHalvesAsync(events, rejects, cancellationToken);
        }
    }

    /// <summary>Whether one event of the batch causes the failure. Without this, an event that cannot be written would keep all others in
    /// the spool.</summary>
    private bool IsFaultOfAnEvent(Exception e) =>
        telemetry.Database.Classify(e) == FailureKind.DataRefused
        || e
            is JsonException
                or FormatException
                or OverflowException
                or ArgumentException
                or (InvalidOperationException and not ObjectDisposedException);

    /// <summary>
    /// Event ids are nearly always new, and PostgreSQL needs half the work for a batch of new ids if the rows go straight into the table.
    /// One known id makes that transaction fail. The 64 batches after it take the slower way at once, because a sender often repeats
    /// several events.
    /// </summary>
    private bool MayBeAllNew(int events)
    {
        if (events == 0 || telemetry.Database.Dialect != SqlDialect.Postgres)
            return false;
        if (_batchesToJudge == 0)
            return true;
        _batchesToJudge--;
        return false;
    }

    private void ExpectKnownEvents() => _batchesToJudge = BatchesAfterKnownEvent;

    /// <summary>Separates an event or a reject that cannot be stored from the others.</summary>
    private async Task<EventVerdict[]> StoreHalvesAsync(
        IReadOnlyList<TelemetryEvent> events,
        IReadOnlyList<Reject> rejects,
        CancellationToken cancellationToken
    )
    {
        if (events.Count > 0 && rejects.Count > 0)
        {
            var verdicts = await StoreAsync(events, [], cancellationToken);
            await StoreAsync([], rejects, cancellationToken);
            return verdicts;
        }

        if (events.Count > 1)
        {
            var half = events.Count / 2;
            return
            [
                .. await StoreAsync([.. events.Take(half)], [], cancellationToken),
                .. await StoreAsync([.. events.Skip(half)], [], cancellationToken),
            ];
        }

        if (events.Count == 1)
        {
            await StoreAsync([], [Reject.Of(Reject.RefusedByDatabase, events[0].Raw.Span, events[0].EventId)], cancellationToken);
            return [EventVerdict.Refused];
        }

        if (rejects.Count > 1)
        {
            var half = rejects.Count / 2;
            await StoreAsync([], [.. rejects.Take(half)], cancellationToken);
            await StoreAsync([], [.. rejects.Skip(half)], cancellationToken);
            return [];
        }

        TelemetryMetrics.Count("reject_dropped", rejects.Count);
        return [];
    }

    private async Task<EventVerdict[]> WriteAsync(
        DbSession session,
        IReadOnlyList<TelemetryEvent> events,
        IReadOnlyList<Reject> rejects,
        UpsertRule rule,
        CancellationToken cancellationToken
    )
    {
        var verdicts = new EventVerdict[events.Count];
        var first = await EventStore.TakeIdsAsync(session, events.Count, cancellationToken);
        var firstOfId = new Dictionary<string, int>(events.Count, StringComparer.Ordinal);
        for (var i = 0; i < events.Count; i++)
            firstOfId.TryAdd(events[i].EventId, i);

        var inserted = await EventStore.InsertAsync(session, events, firstOfId.Values, first, rule, cancellationToken);
        bool[]? isNew = null;
        if (inserted < events.Count)
        {
            ExpectKnownEvents();
            isNew = await KnownEvents.JudgeAsync(session, events, firstOfId, first, verdicts, cancellationToken);
        }

        await ExecutionStore.WriteAsync(
            session,
            events.Index().Where(e => isNew?[e.Index] ?? true).Select(e => (first + e.Index, e.Item)),
            cancellationToken
        );
        var reused = events
            .Index()
            .Where(e => verdicts[e.Index] == EventVerdict.Reused)
            .Select(e => Reject.Of(Reject.Reused, e.Item.Raw.Span, e.Item.EventId));
        await RejectStore.AddAsync(session, [.. rejects, .. reused], options.MaxRejects, time.GetUtcNow(), cancellationToken);
        return verdicts;
    }
}
