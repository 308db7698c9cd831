namespace Interop.Storage.Leases;

/// <summary>Renews a lease in the database while work runs under it, and cancels the work when the lease is lost.</summary>
/// <param name="renew">Renews the lease once. False: another owner has it, or it has ended.</param>
/// <param name="period">The time between two renewals.</param>
/// <param name="tolerance">
/// For how long renewals may fail before the lease counts as lost; then a renewal may also not take longer than the period. Null: only
/// another owner ends the work. That suffices for work that writes to this database only, because every write checks its owner.
/// </param>
/// <param name="time">The clock.</param>
/// <param name="notRenewed">Takes the reason of a renewal that failed.</param>
public sealed class LeaseKeeper(
    Func<CancellationToken, Task<bool>> renew,
    TimeSpan period,
    TimeSpan? tolerance,
    TimeProvider time,
    Action<string> notRenewed
)
{
    /// <summary>Gives a task that is completed when the next renewal should not wait for the period, because it stores something new. Asked
    /// before each wait.</summary>
    public Func<Task>? Early { get; init; }

    /// <summary>Executes the work under the lease. False: the lease was lost, and the work was cancelled.</summary>
    /// <param name="work">Stops when its token is cancelled.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public async Task<bool> RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var lease = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewAsync(lease);
        try
        {
            await work(lease.Token);
            return true;
        }
        catch (OperationCanceledException) when (lease.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await lease.CancelAsync();
            await renewing;
        }
    }

    private async Task RenewAsync(CancellationTokenSource lease)
    {
        try
        {
            var renewedAt = time.GetTimestamp();
            using var timer = new PeriodicTimer(period, time);
            while (true)
            {
                await WaitAsync(timer, lease.Token);
                try
                {
                    if (!await RenewOnceAsync(lease.Token))
                        return;
                    renewedAt = time.GetTimestamp();
                }
                catch (Exception e) when (e is DatabaseException or OperationCanceledException or ObjectDisposedException)
                {
                    if (lease.IsCancellationRequested)
                        return;
                    notRenewed(e.Message);
                    if (time.GetElapsedTime(renewedAt) >= tolerance)
                        return;
                }
            }
        }
        catch (OperationCanceledException) when (lease.IsCancellationRequested)
        {
            // The work has ended, or is cancelled.
        }
        finally
        {
            await lease.CancelAsync();
        }
    }

    private async Task WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        if (Early is null)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            return;
        }

        await Early().WaitAsync(period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<bool> RenewOnceAsync(CancellationToken cancellationToken)
    {
        if (tolerance is null)
            return await renew(cancellationToken);
        using var timeout = new CancellationTokenSource(period, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        return await renew(either.Token);
    }
}
