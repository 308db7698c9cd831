using System.Runtime.CompilerServices;

namespace Interop.Ingestion.Running;

/// <summary>The latest progress of a run, for any number of followers; who is slow misses steps, never the last one.</summary>
internal sealed class ProgressFeed
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private RunProgress? _latest;
    private bool _completed;

    /// <summary>Makes the progress known.</summary>
    public void Publish(RunProgress progress)
    {
        lock (_lock)
        {
            _latest = progress;
            _changed.TrySetResult();
            _changed = NewSignal();
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            _changed.TrySetResult();
        }
    }

    /// <summary>The latest progress, and each change, at most one per <paramref name="interval"/>.</summary>
    public async IAsyncEnumerable<RunProgress> FollowAsync(
        TimeSpan interval, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RunProgress? seen = null;
        while (true)
        {
            RunProgress? latest;
            Task changed;
            bool completed;
            lock (_lock)
                (latest, changed, completed) = (_latest, _changed.Task, _completed);

            if (latest is not null && latest != seen)
            {
                seen = latest;
                yield return latest;
                if (!completed)
                    await Task.WhenAny(Task.Delay(interval, time, cancellationToken), CompletionAsync(cancellationToken));
            }
            else if (completed)
            {
                yield break;
            }
            else
            {
                await changed.WaitAsync(cancellationToken);
            }
        }
    }

    // So that the last step is not kept waiting for the interval.
    private async Task CompletionAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_completed || (_latest is not null && !RunStatus.IsActive(_latest.Status)))
                    return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
