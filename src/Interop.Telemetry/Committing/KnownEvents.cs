using System.Text;
using System.Text.Json;
using Interop.Storage;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Committing;

/// <summary>Distinguishes an event that was sent again from another event under a used id.</summary>
internal static class KnownEvents
{
    /// <summary>Judges the events of a batch after its insert, if not all of them were inserted.</summary>
    /// <param name="firstOfId">By event id, the index of the first event of the batch that has it.</param>
    /// <param name="firstRow">The row id of the batch's first event; the others follow.</param>
    /// <param name="verdicts">Filled for the events that were not inserted.</param>
    /// <returns>For each event whether this batch inserted it.</returns>
    public static async Task<bool[]> JudgeAsync(
        DbSession session,
        IReadOnlyList<TelemetryEvent> events,
        Dictionary<string, int> firstOfId,
        long firstRow,
        EventVerdict[] verdicts,
        CancellationToken cancellationToken
    )
    {
        var isNew = new bool[events.Count];
        foreach (var id in await EventStore.FindIdsAsync(session, firstRow, events.Count, cancellationToken))
            isNew[id - firstRow] = true;

        var stored = await EventStore.FindAsync(session, [.. firstOfId.Where(f => !isNew[f.Value]).Select(f => f.Key)], cancellationToken);
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

    /// <summary>The same bytes or the same JSON value: the order of members and white space make no difference.</summary>
    private static bool IsSame(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.SequenceEqual(b))
            return true;
        using var left = JsonDocument.Parse(a.ToArray());
        using var right = JsonDocument.Parse(b.ToArray());
        try
        {
            return JsonElement.DeepEquals(left.RootElement, right.RootElement);
        }
        catch (InvalidOperationException)
        {
            return false; // a lone surrogate: the value is no text, and cannot be compared
        }
    }
}
