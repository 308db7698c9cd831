using System.Collections.Concurrent;

namespace Interop.Storage.Sqlite;

/// <summary>
/// Who wants to write to a file, in the order of asking. SQLite lets one write at a time and makes the others poll; here they wait without
/// a thread and are never overtaken.
/// </summary>
internal sealed class WriteQueue
{
    // Kept for the life of the process: a few bytes per file that was ever opened.
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

    /// <summary>The one queue of the file in this process, whoever opened it and however often.</summary>
    public static WriteQueue Of(string path)
    {
        var real = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        return Files.GetOrAdd(real, _ => new WriteQueue());
    }

    public Task EnterAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return Task.CompletedTask;
            }
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return WaitAsync(_waiting.AddLast(turn), ct);
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

    private async Task WaitAsync(LinkedListNode<TaskCompletionSource> place, CancellationToken ct)
    {
        await using var registration = ct.Register(() =>
        {
            lock (_gate)
            {
                // Whose turn has come keeps it, cancelled or not, and gives it back himself.
                if (place.List is null)
                    return;
                _waiting.Remove(place);
                place.Value.SetCanceled(ct);
            }
        });
        await place.Value.Task;
    }
}
