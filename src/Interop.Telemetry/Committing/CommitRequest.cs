using Interop.Telemetry.Events;

namespace Interop.Telemetry.Committing;

/// <summary>Parsed bodies of one call that wait to become durable.</summary>
internal sealed class CommitRequest
{
    private const int OverheadBytes = 256; // so that many small requests are bounded too
    private readonly TaskCompletionSource<EventVerdict[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<TelemetryEvent> Events { get; } = [];

    public List<Reject> Rejects { get; } = [];

    public long Bytes { get; private set; } = OverheadBytes;

    /// <summary>The verdict of each event.</summary>
    public Task<EventVerdict[]> Done => _done.Task;

    public void Add(ParsedBody body, int bytes)
    {
        foreach (var (_, one) in body.Events)
            Events.Add(one);
        foreach (var (_, reject) in body.Refused ?? [])
            Rejects.Add(reject);
        Bytes += bytes + OverheadBytes;
    }

    public void Complete(EventVerdict[] verdicts) => _done.TrySetResult(verdicts);

    public void CompleteAll(EventVerdict verdict)
    {
        var verdicts = new EventVerdict[Events.Count];
        Array.Fill(verdicts, verdict);
        _done.TrySetResult(verdicts);
    }
}
