using Interop.Storage.Leases;

namespace Interop.Storage.Tests.Leases;

/// <summary>Work under a lease that is renewed.</summary>
public sealed class LeaseKeeperTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);
    private readonly List<string> _reasons = [];

    private LeaseKeeper Create(Func<CancellationToken, Task<bool>> renew, TimeSpan? tolerance) =>
        new(renew, Period, tolerance, TimeProvider.System, _reasons.Add);

    [Fact]
    public async Task Work_ends_under_a_lease_that_is_renewed_meanwhile()
    {
        var renewals = new TaskCompletionSource();
        var count = 0;
        var keeper = Create(
            _ =>
            {
                if (Interlocked.Increment(ref count) == 3)
                    renewals.SetResult();
                return Task.FromResult(true);
            },
            null
        );

        Assert.True(await keeper.RunAsync(token => renewals.Task.WaitAsync(token), CancellationToken.None));
        Assert.Empty(_reasons);
    }

    [Fact]
    public async Task Work_is_cancelled_when_another_owner_has_the_lease()
    {
        var keeper = Create(_ => Task.FromResult(false), null);

        Assert.False(await keeper.RunAsync(token => Task.Delay(Timeout.Infinite, token), CancellationToken.None));
    }

    [Fact]
    public async Task Work_is_cancelled_when_renewals_fail_or_hang_for_longer_than_the_tolerance()
    {
        var count = 0;
        var keeper = Create(
            async token =>
            {
                if (Interlocked.Increment(ref count) % 2 == 0)
                    throw new DatabaseUnavailableException("the server is down", null);
                await Task.Delay(Timeout.Infinite, token);
                return true;
            },
            4 * Period
        );

        Assert.False(await keeper.RunAsync(token => Task.Delay(Timeout.Infinite, token), CancellationToken.None));
        Assert.NotEmpty(_reasons);
    }

    [Fact]
    public async Task Failing_renewals_do_not_end_work_that_the_database_itself_fences()
    {
        var failures = new TaskCompletionSource();
        var count = 0;
        var keeper = Create(
            _ =>
            {
                if (Interlocked.Increment(ref count) == 5)
                    failures.SetResult();
                throw new DatabaseUnavailableException("the server is down", null);
            },
            null
        );

        Assert.True(await keeper.RunAsync(token => failures.Task.WaitAsync(token), CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_caller_gets_its_cancellation_and_a_failing_work_its_failure()
    {
        var keeper = Create(_ => Task.FromResult(true), null);
        using var cancelled = new CancellationTokenSource(Period);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            keeper.RunAsync(token => Task.Delay(Timeout.Infinite, token), cancelled.Token)
        );
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            keeper.RunAsync(_ => throw new InvalidDataException(), CancellationToken.None)
        );
    }
}
