namespace Interop;

/// <summary>
/// Repeats calls that another silo can answer as well. A silo that was killed fails its calls; one that is frozen, or gone from the
/// network, leaves them without an answer until the cluster declares it dead. In both cases the call is sent again under another key.
/// </summary>
public static class RepeatedCalls
{
    /// <summary>How long failed calls are repeated: longer than a cluster needs to declare a silo dead.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The most calls for one request at a time, so that a slow database does not get calls without limit. Three are too few: with three
    /// silos all of them can wait for the frozen one.
    /// </summary>
    private const int MaxConcurrent = 6;

    /// <summary>After so many calls without an answer the next one follows after twice the patience.</summary>
    private const int QuickCalls = 2;

    /// <summary>The first answer. A failure that is not the failure of a silo counts as an answer.</summary>
    /// <param name="send">Sends the call under a key.</param>
    /// <param name="patience">How long a call may go without an answer before it is sent a second time, beside the first.</param>
    public static async Task<TResult> AskAsync<TResult>(Func<long, Task<TResult>> send, TimeSpan patience, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(send);
        var started = time.GetTimestamp();
        var key = QueryGrains.AnyKey();
        List<Task<TResult>> calls = [send(key)];
        var delay = FirstDelay;
        while (true)
        {
            if (calls.Count > 0 && await AnyAsync(calls, patience, time) is { } ended)
            {
                calls.Remove(ended);
                if (ended.IsCompletedSuccessfully || !IsLoss(ended.Exception?.InnerException) || time.GetElapsedTime(started) > Budget)
                {
                    calls.ForEach(Forget);
                    return await ended;
                }

                if (calls.Count == 0)
                {
                    await Task.Delay(delay, time);
                    delay = delay * 2 > MaxDelay ? MaxDelay : delay * 2;
                }
            }

            if (calls.Count < MaxConcurrent)
                calls.Add(send(key = QueryGrains.OtherKey(key)));
        }
    }

    /// <summary>A call that has ended; null when none has ended within the period.</summary>
    private static async Task<Task<TResult>?> AnyAsync<TResult>(List<Task<TResult>> calls, TimeSpan patience, TimeProvider time)
    {
        var any = Task.WhenAny(calls);
        if (any.IsCompleted)
            return await any;
        // All calls are in progress: wait until one ends.
        if (calls.Count == MaxConcurrent)
            return await any;
        using var stop = new CancellationTokenSource();
        var isSlow = calls.Count > QuickCalls && patience != Timeout.InfiniteTimeSpan;
        var wait = Task.Delay(isSlow ? 2 * patience : patience, time, stop.Token);
        if (await Task.WhenAny(any, wait) == wait)
            return null;
        await stop.CancelAsync();
        return await any;
    }

    /// <summary>A late answer is not needed, and a late failure must not count as unobserved.</summary>
    private static void Forget(Task call) =>
        _ = call.ContinueWith(
            static task => _ = task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

    private static bool IsLoss(Exception? exception) => exception is TimeoutException or OrleansException;
}
