using System.Runtime.CompilerServices;

namespace Interop.Ingestion.Running;

/// <summary>The latest progress of a run, for any number of followers. A slow follower misses some changes, but never the last
/// one.</summary>
internal sealed class ProgressFeed
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = NewSignal();
    private TaskCompletionSource _changed = NewSignal();
    private RunProgress? _latest;

    /// <summary>Publishes the progress.</summary>
    public void Publish(RunProgress progress)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _latest = progress;
            (changed, _changed) = (_changed, NewSignal());
        }

        if (!RunStatus.IsActive(progress.Status))
            _ended.TrySetResult();
        changed.TrySetResult();
    }

    /// <summary>Publishes what the run waits for; changes nothing when the run has ended.</summary>
    public void PublishWaiting(string? waiting)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_latest is null || _latest.Waiting == waiting || !RunStatus.IsActive(_latest.Status))
                return;
            _latest = _latest with { Waiting = waiting };
            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();
    }

    /// <summary>Ends the feed: no more progress comes.</summary>
    public void Complete()
    {
        _ended.TrySetResult();
        lock (_lock)
            _changed.TrySetResult();
    }

    /// <summary>The latest progress and each change, at most one per <paramref name="interval"/>; the last change without delay.</summary>
    public async IAsyncEnumerable<RunProgress> FollowAsync(
        TimeSpan interval,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        RunProgress? seen = null;
        while (true)
        {
            RunProgress? latest;
            Task changed;
            lock (_lock)
                (latest, changed) = (_latest, _changed.Task);
            var isLast = _ended.Task.IsCompleted;

            if (latest is not null && latest != seen)
            {
                yield return seen = latest;
                // Waits for the end of the feed, at most an interval.
                await _ended
                    .Task.WaitAsync(interval, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                cancellationToken.ThrowIfCancellationRequested();
            }
            else if (isLast)
            {
                yield break;
            }
            else
            {
                await changed.WaitAsync(cancellationToken);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
