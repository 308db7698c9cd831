using System.Runtime.CompilerServices;

namespace Interop.Ingestion;

/// <summary>Follows runs across silos.</summary>
public static class RunFollowing
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(3);

    /// <summary>How long no silo may answer: longer than a cluster needs to declare two silos dead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The run's progress as it changes; the last item is the state in which the run ended. When the silo of the run fails, the next call
    /// activates the run on another silo, which resumes it; the calls are repeated until a silo answers.
    /// </summary>
    /// <exception cref="TimeoutException">No silo answered for two minutes.</exception>
    public static async IAsyncEnumerable<RunProgress> FollowToEndAsync(
        this IIngestionRunGrain run,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        var time = TimeProvider.System;
        var delay = FirstDelay;
        var lastAnswer = time.GetTimestamp();
        var isActive = true;
        var steps = run.Follow(cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                Exception? loss = null;
                try
                {
                    if (!await steps.MoveNextAsync())
                    {
                        if (!isActive)
                            yield break;
                        loss = new TimeoutException("the silo of the run has stopped");
                    }
                }
                catch (Exception e) when (IsLoss(e))
                {
                    loss = e;
                }

                if (loss is null)
                {
                    (delay, lastAnswer) = (FirstDelay, time.GetTimestamp());
                    isActive = RunStatus.IsActive(steps.Current.Status);
                    yield return steps.Current;
                    continue;
                }

                if (time.GetElapsedTime(lastAnswer) > Patience)
                    throw new TimeoutException($"No silo has answered for {Patience.TotalMinutes} minutes: {loss.Message}", loss);
                await EndAsync(steps);
                await Task.Delay(delay, time, cancellationToken);
                delay = delay * 2 > MaxDelay ? MaxDelay : delay * 2;
                steps = run.Follow(cancellationToken).GetAsyncEnumerator(cancellationToken);
            }
        }
        finally
        {
            await EndAsync(steps);
        }
    }

    /// <summary>Tells the grain that its enumeration is not needed any more; a silo that has failed needs no message.</summary>
    private static async Task EndAsync(IAsyncEnumerator<RunProgress> steps)
    {
        try
        {
            await steps.DisposeAsync();
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The enumeration ended with its silo.
        }
    }

    private static bool IsLoss(Exception exception) => exception is TimeoutException or EnumerationAbortedException or OrleansException;
}
