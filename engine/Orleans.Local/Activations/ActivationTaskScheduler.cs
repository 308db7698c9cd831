using System.Diagnostics;

namespace Orleans.Activations;

/// <summary>
/// Runs the tasks of one activation on the thread pool, one at a time and in order. What a grain awaits continues here, because the request
/// itself runs as a task of this scheduler; <c>ConfigureAwait(false)</c> leaves it.
/// </summary>
internal sealed class ActivationTaskScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    // After this long the other work of the thread pool gets its chance, as with Orleans' ActivationSchedulingQuantum.
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

                // What a turn left in the thread's AsyncLocals must not reach the next one.
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
