using System.Collections.Concurrent;

namespace Interop.Storage.Sqlite;

/// <summary>
/// An asynchronous lock of a file for writers, granted in the order of the calls. SQLite allows one writer at a time and lets the others
/// poll; here they wait without blocking a thread.
/// </summary>
internal sealed class WriteQueue
{
    // Entries are never removed: they take a few bytes per file.
    private static readonly ConcurrentDictionary<string, WriteQueue> Files = new(StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _taken;

    public bool IsTaken
    {
        get
        {
            lock (_gate)
                return _taken;
        }
    }

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>The queue of a file. All databases of this process that open the same file share it.</summary>
    public static WriteQueue Of(string path)
    {
        var real = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        return Files.GetOrAdd(real, _ => new WriteQueue());
    }

    public Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return Task.CompletedTask;
            }
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return WaitAsync(_waiting.AddLast(turn), cancellationToken);
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                _waiting.Remove(next);
                next.Value.SetResult();
            }
            else
            {
                _taken = false;
            }
        }
    }

    private async Task WaitAsync(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            lock (_gate)
            {
                // The lock was already granted: ignore the cancellation; the caller releases it.
                if (place.List is null)
                    return;
                _waiting.Remove(place);
                place.Value.SetCanceled(cancellationToken);
            }
        });
        await place.Value.Task;
    }
}
