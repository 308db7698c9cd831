using System.Collections.Immutable;

namespace Interop.Telemetry.Events;

/// <summary>The content of a body: its events, and what was not accepted.</summary>
internal sealed class ParsedBody
{
    /// <summary>The largest number of rejected elements that an answer lists.</summary>
    public const int MaxListed = 1_000;

    /// <summary>Each event with its index in the array; null: the body is no array.</summary>
    public List<(int? Index, TelemetryEvent Event)> Events { get; } = new(1);

    /// <summary>What was not accepted; null for most bodies.</summary>
    public List<(int? Index, Reject Reject)>? Refused { get; private set; }

    public static ParsedBody RefusedAsAWhole(string reason, ReadOnlyMemory<byte> body)
    {
        var parsed = new ParsedBody();
        parsed.Refuse(null, reason, body);
        return parsed;
    }

    public void Add(int? index, TelemetryEvent accepted) => Events.Add((index, accepted));

    public void Refuse(int? index, string reason, ReadOnlyMemory<byte> raw, string? eventId = null) =>
        (Refused ??= []).Add((index, Reject.Of(reason, raw.Span, eventId)));

    /// <summary>The answer to the sender.</summary>
    /// <param name="verdicts">One for each event.</param>
    public SubmissionOutcome Outcome(ReadOnlySpan<EventVerdict> verdicts)
    {
        TelemetryMetrics.Count("rejected", Refused?.Count ?? 0);
        if (Refused is null && !verdicts.ContainsAnyExcept(EventVerdict.Kept))
        {
            TelemetryMetrics.Count("accepted", verdicts.Length);
            return SubmissionOutcome.Accepted;
        }

        if (verdicts.Contains(EventVerdict.NotKept))
        {
            TelemetryMetrics.Count("not_kept", verdicts.Length);
            return SubmissionOutcome.NotKept;
        }

        var rejected = new List<RejectedEvent>((Refused ?? []).Select(r => new RejectedEvent(r.Index, r.Reject.Reason)));
        for (var i = 0; i < verdicts.Length; i++)
        {
            if (verdicts[i] != EventVerdict.Kept)
                rejected.Add(
                    new RejectedEvent(Events[i].Index, verdicts[i] == EventVerdict.Reused ? Reject.Reused : Reject.RefusedByDatabase)
                );
        }

        TelemetryMetrics.Count("accepted", verdicts.Count(EventVerdict.Kept));
        TelemetryMetrics.Count("reused", verdicts.Count(EventVerdict.Reused));
        return new SubmissionOutcome(SubmissionStatus.Rejected, [.. rejected.OrderBy(r => r.Index).Take(MaxListed)], rejected.Count);
    }
}
