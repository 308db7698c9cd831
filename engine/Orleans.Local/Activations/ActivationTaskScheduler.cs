using System.Diagnostics;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>
/// Runs the tasks of one activation on the thread pool, one at a time and in order. Continuations of a grain run here, because the request
/// itself is a task of this scheduler; <c>ConfigureAwait(false)</c> leaves it.
/// </summary>
internal sealed class ActivationTaskScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    // After this time the scheduler yields to other work of the thread pool, as Orleans does (ActivationSchedulingQuantum).
    private static readonly long Quantum = Stopwatch.Frequency / 10;

    private readonly Queue<Task> _tasks = new();
    private bool _running;

    public override int MaximumConcurrencyLevel => 1;

    public void Execute()
    {
        var context = ExecutionContext.Capture()!;
        RuntimeContext.Current = activation;
        try
        {
            var started = Stopwatch.GetTimestamp();
            while (TryTake(out var task))
            {
                TryExecuteTask(task);

                // AsyncLocals that a turn has set must not reach the next turn.
                ExecutionContext.Restore(context);
                if (Stopwatch.GetTimestamp() - started > Quantum)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }
            }
        }
        finally
        {
            RuntimeContext.Current = null;
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_tasks)
        {
            _tasks.Enqueue(task);
            if (_running)
                return;
            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && RuntimeContext.Current == activation && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_tasks)
            return _tasks.ToArray();
    }

    private bool TryTake(out Task task)
    {
        lock (_tasks)
        {
            if (_tasks.TryDequeue(out task!))
                return true;
            _running = false;
            return false;
        }
    }
}
