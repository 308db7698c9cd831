using Interop.Storage.Spooling;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Committing;

/// <summary>The requests whose events are committed together.</summary>
/// <param name="requests">In their order of arrival.</param>
/// <param name="startedAt">The timestamp from which its budget counts.</param>
internal sealed class CommitBatch(List<CommitRequest> requests, long startedAt)
{
    private readonly TaskCompletionSource<SpoolPosition?> _spooled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long StartedAt { get; } = startedAt;

    /// <summary>Its transaction was beyond the budget when the spool's thread took it.</summary>
    public bool IsLate { get; set; }

    public IReadOnlyList<TelemetryEvent> Events { get; } =
        requests.Count == 1 ? requests[0].Events : [.. requests.SelectMany(r => r.Events)];

    public IReadOnlyList<Reject> Rejects { get; } = requests.Count == 1 ? requests[0].Rejects : [.. requests.SelectMany(r => r.Rejects)];

    /// <summary>Where the spool has it; null: the spool did not take it.</summary>
    public Task<SpoolPosition?> Spooled => _spooled.Task;

    /// <summary>Answers all requests.</summary>
    /// <param name="verdicts">One for each event.</param>
    public void Answer(EventVerdict[] verdicts)
    {
        if (requests.Count == 1)
        {
            requests[0].Complete(verdicts);
            return;
        }

        var at = 0;
        foreach (var request in requests)
        {
            request.Complete(verdicts[at..(at + request.Events.Count)]);
            at += request.Events.Count;
        }
    }

    public void AnswerAll(EventVerdict verdict)
    {
        foreach (var request in requests)
            request.CompleteAll(verdict);
    }

    /// <summary>Answers all requests after the attempt to append them to the spool.</summary>
    public void AnswerFromSpool(SpoolPosition? position)
    {
        _spooled.SetResult(position);
        AnswerAll(position is null ? EventVerdict.NotKept : EventVerdict.Kept);
    }
}
