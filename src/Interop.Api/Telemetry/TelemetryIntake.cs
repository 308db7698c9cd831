using Interop.Telemetry;

namespace Interop.Api.Telemetry;

/// <summary>
/// Brings concurrent requests together: what has come while a batch is on its way is the next one, so that a busy front end makes few calls
/// and a quiet one loses no time.
/// </summary>
internal sealed class TelemetryIntake(IGrainFactory grains)
{
    private const int MaxBatch = 1_000;
    private const int MaxCalls = 2; // one commits while the next is being read
    private const long MaxWaitingBytes = 128L * 1024 * 1024;

    private readonly ITelemetryIntakeGrain _grain = grains.GetGrain<ITelemetryIntakeGrain>(0);
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;
    private long _bytes;

    /// <summary>What became of the body.</summary>
    public Task<SubmissionOutcome> SubmitAsync(Submission submission)
    {
        var waiting = new Waiting(submission);
        lock (_gate)
        {
            if (_bytes + submission.Body.Length > MaxWaitingBytes)
                return Task.FromResult(SubmissionOutcome.NotKept);
            _bytes += submission.Body.Length;
            _waiting.Enqueue(waiting);
            if (_calls == MaxCalls)
                return waiting.Outcome.Task;
            _calls++;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static intake => _ = intake.SendAllAsync(), this, preferLocal: false);
        return waiting.Outcome.Task;
    }

    private async Task SendAllAsync()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                var outcomes = await _grain.Accept([.. batch.Select(w => w.Submission)]);
                for (var i = 0; i < batch.Length; i++)
                    batch[i].Outcome.TrySetResult(outcomes[i]);
            }
            catch (Exception e)
            {
                foreach (var waiting in batch)
                    waiting.Outcome.TrySetException(e);
            }
        }
    }

    private Waiting[]? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _calls--;
                return null;
            }

            var batch = new Waiting[Math.Min(_waiting.Count, MaxBatch)];
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = _waiting.Dequeue();
                _bytes -= batch[i].Submission.Body.Length;
            }

            return batch;
        }
    }

    private sealed class Waiting(Submission submission)
    {
        public Submission Submission { get; } = submission;

        public TaskCompletionSource<SubmissionOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
