using Interop.Telemetry.Committing;

namespace Interop.Telemetry.Events;

/// <summary>What a body held.</summary>
internal sealed class ParsedBody
{
    public bool IsArray { get; set; }

    public List<(int? Index, TelemetryEvent Event)> Events { get; } = new(1);

    /// <summary>What was not accepted; null for most bodies.</summary>
    public List<(int? Index, Reject Reject)>? Refused { get; private set; }

    public void Add(int? index, TelemetryEvent accepted) => Events.Add((index, accepted));

    public void Refuse(int? index, string reason, ReadOnlyMemory<byte> raw, string? eventId = null) =>
        (Refused ??= []).Add((index, Reject.Of(reason, raw.Span, eventId)));

    /// <summary>What the sender is told, given what became of the events.</summary>
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
                rejected.Add(new RejectedEvent(Events[i].Index, verdicts[i] == EventVerdict.Reused ? Reject.Reused : "refused by the database"));
        }

        TelemetryMetrics.Count("accepted", verdicts.Count(EventVerdict.Kept));
        TelemetryMetrics.Count("reused", verdicts.Count(EventVerdict.Reused));
        return new SubmissionOutcome(SubmissionStatus.Rejected, [.. rejected.OrderBy(r => r.Index)]);
    }
}
