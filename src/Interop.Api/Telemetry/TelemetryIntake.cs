using Interop.Telemetry;

namespace Interop.Api.Telemetry;

/// <summary>
/// Combines concurrent requests: requests that arrive during a call form the next call. A busy front end makes few calls, and a quiet one
/// loses no time.
/// </summary>
internal sealed class TelemetryIntake(IGrainFactory grains)
{
    private const int MaxSubmissions = 1_000;
    private const long MaxCallBytes = 8L * 1024 * 1024; // far below the largest message of the engine
    private const int MaxCalls = 2; // one is committed while the next is parsed
    private const long MaxWaitingBytes = 128L * 1024 * 1024;
    private const int OverheadBytes = 512; // so that many empty bodies are bounded too

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;
    private long _bytes;

    /// <summary>The outcome for the body, when it is durable.</summary>
    public Task<SubmissionOutcome> SubmitAsync(Submission submission)
    {
        var waiting = new Waiting(submission);
        lock (_gate)
        {
            if (_bytes + waiting.Bytes > MaxWaitingBytes)
                return Task.FromResult(SubmissionOutcome.NotKept);
            _bytes += waiting.Bytes;
            _waiting.Enqueue(waiting);
            if (_calls == MaxCalls)
                return waiting.Outcome.Task;
            _calls++;
        }

        _ = SendAllAsync();
        return waiting.Outcome.Task;
    }

    private async Task SendAllAsync()
    {
        while (TakeCall() is { } call)
        {
            try
            {
                var outcomes = await grains.GetQuery<ITelemetryIntakeGrain>().Accept([.. call.Select(w => w.Submission)]);
                for (var i = 0; i < call.Count; i++)
                    call[i].Outcome.TrySetResult(outcomes[i]);
            }
            catch (Exception e)
            {
                foreach (var waiting in call)
                    waiting.Outcome.TrySetException(e);
            }
        }
    }

    private List<Waiting>? TakeCall()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _calls--;
                return null;
            }

            var (call, bytes) = (new List<Waiting>(), 0L);
            while (call.Count < MaxSubmissions && _waiting.TryPeek(out var next) && (call.Count == 0 || bytes + next.Bytes <= MaxCallBytes))
            {
                call.Add(_waiting.Dequeue());
                bytes += next.Bytes;
            }

            _bytes -= bytes;
            return call;
        }
    }

    private sealed class Waiting(Submission submission)
    {
        public Submission Submission { get; } = submission;

        public long Bytes { get; } = submission.Body.Length + OverheadBytes;

        public TaskCompletionSource<SubmissionOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
