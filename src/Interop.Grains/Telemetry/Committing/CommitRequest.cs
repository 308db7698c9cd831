using Interop.Telemetry.Events;

namespace Interop.Telemetry.Committing;

/// <summary>Events that wait to be made durable.</summary>
internal sealed class CommitRequest(IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects)
{
    private readonly TaskCompletionSource<EventVerdict[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<TelemetryEvent> Events { get; } = events;

    public IReadOnlyList<Reject> Rejects { get; } = rejects;

    /// <summary>For each event what became of it.</summary>
    public Task<EventVerdict[]> Done => _done.Task;

    public void Complete(EventVerdict[] verdicts) => _done.TrySetResult(verdicts);

    public void CompleteAll(EventVerdict verdict)
    {
        var verdicts = new EventVerdict[Events.Count];
        Array.Fill(verdicts, verdict);
        _done.TrySetResult(verdicts);
    }
}
