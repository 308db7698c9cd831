using System.Runtime.CompilerServices;

namespace Interop.Ingestion;

/// <summary>Follows runs across silos.</summary>
public static class RunFollowing
{
    private const int MaxLossesInARow = 3;
    private static readonly TimeSpan FollowAgainAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The run's progress as it changes, to its end: the last item is the state in which the run ended. When its silo goes away, following it again makes another silo resume it at once; its
    /// reminder would take up to a minute.
    /// </summary>
    /// <exception cref="TimeoutException">No silo answered, several times in a row.</exception>
    public static async IAsyncEnumerable<RunProgress> FollowToEndAsync(
        this IIngestionRunGrain run, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var losses = 0;
        var isActive = true;
        var steps = run.Follow(cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                var lost = false;
                try
                {
                    if (!await steps.MoveNextAsync())
                    {
                        if (!isActive)
                            yield break;
                        // The run goes on elsewhere: its silo was stopped.
                        await Task.Delay(FollowAgainAfter, cancellationToken);
                        lost = true;
                    }

                    losses = 0;
                }
                catch (Exception e) when (IsLoss(e) && ++losses < MaxLossesInARow)
                {
                    lost = true;
                }

                if (!lost)
                {
                    isActive = RunStatus.IsActive(steps.Current.Status);
                    yield return steps.Current;
                    continue;
                }

                await steps.DisposeAsync();
                steps = run.Follow(cancellationToken).GetAsyncEnumerator(cancellationToken);
            }
        }
        finally
        {
            await steps.DisposeAsync();
        }
    }

    private static bool IsLoss(Exception exception) =>
        exception is TimeoutException or EnumerationAbortedException or OrleansMessageRejectionException;
}
