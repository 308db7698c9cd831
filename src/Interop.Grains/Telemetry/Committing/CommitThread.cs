using System.Collections.Concurrent;

namespace Interop.Telemetry.Committing;

/// <summary>
/// A thread for the transactions of one writer, one after another. Writes keep the thread that they are called on, and on one of the pool's
/// they would wait behind the very requests that wait for them.
/// </summary>
internal sealed class CommitThread : IDisposable
{
    private readonly BlockingCollection<Task> _work = [];

    public CommitThread(string name) => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>Does the work after all that was given before. It must not leave its thread.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var task = new Task<Task<T>>(work, TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(task);
        return task.Unwrap();
    }

    /// <summary>What was given is still done.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var task in _work.GetConsumingEnumerable())
            task.RunSynchronously();
    }
}
