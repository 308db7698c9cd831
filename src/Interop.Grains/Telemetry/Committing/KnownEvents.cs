using System.Text;
using System.Text.Json;
using Interop.Storage;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Committing;

/// <summary>Tells an event that comes again from another one under a used id.</summary>
internal static class KnownEvents
{
    private sealed record Stored(long Id, string EventId, string RawPayload);

    /// <summary>Judges the events of a batch after its insert, where not all of them went in.</summary>
    /// <param name="firstOfId">By event id, the first event of the batch that has it.</param>
    /// <param name="firstRow">The row id of the batch's first event; the others follow.</param>
    /// <returns>For each event whether this batch inserted it.</returns>
    public static async Task<bool[]> JudgeAsync(
        DbSession session,
        IReadOnlyList<TelemetryEvent> events,
        Dictionary<string, int> firstOfId,
        long firstRow,
        EventVerdict[] verdicts,
        CancellationToken cancellationToken)
    {
        var isNew = new bool[events.Count];
        var inserted = await session.QueryAsync<long>(
            "SELECT id FROM telemetry_events WHERE id >= @First AND id < @End", new { First = firstRow, End = firstRow + events.Count }, cancellationToken);
        foreach (var id in inserted)
            isNew[id - firstRow] = true;

        var ids = firstOfId.Where(f => !isNew[f.Value]).Select(f => f.Key).ToList();
        var stored = await session.QueryAsync<Stored>(
            $"SELECT id, event_id, raw_payload FROM telemetry_events WHERE {session.IsAnyOf("event_id", "@Ids")}",
            new { Ids = session.ArrayOf(ids) },
            cancellationToken);
        var contents = stored.ToDictionary(s => s.EventId, s => Encoding.UTF8.GetBytes(s.RawPayload), StringComparer.Ordinal);
        for (var i = 0; i < events.Count; i++)
        {
            if (isNew[i])
                continue;
            var kept = contents.TryGetValue(events[i].EventId, out var earlier) ? earlier : events[firstOfId[events[i].EventId]].Raw;
            verdicts[i] = IsSame(kept.Span, events[i].Raw.Span) ? EventVerdict.Kept : EventVerdict.Reused;
        }

        return isNew;
    }

    /// <summary>The same bytes, or at least the same JSON: another order of members or other blanks make no other event.</summary>
    private static bool IsSame(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.SequenceEqual(b))
            return true;
        using var left = JsonDocument.Parse(a.ToArray());
        using var right = JsonDocument.Parse(b.ToArray());
        return JsonElement.DeepEquals(left.RootElement, right.RootElement);
    }
}
