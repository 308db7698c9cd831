using Interop.Ingestion;
using Interop.Ingestion.Running;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The progress of a run for its followers. The tests count the work and the memory of the process, so nothing else
/// runs.</summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProgressFeedTests
{
    private const string Name = "Progress feed";

    private static readonly RunProgress Start = new(1, RunStatus.Running, 0, 0, null, 0, RunCounters.Zero);

    [Fact]
    public async Task A_follower_of_a_long_run_leaves_no_waiter_behind_and_its_work_grows_with_the_steps()
    {
        const int Steps = 1_000;
        var feed = new ProgressFeed();
        await using var follower = feed.FollowAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None)
            .GetAsyncEnumerator();
        await StepAsync(feed, follower, 0); // what is compiled and allocated once

        var workBefore = ThreadPool.CompletedWorkItemCount;
        var memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
        for (var step = 1; step <= Steps; step++)
            await StepAsync(feed, follower, step);
        var work = ThreadPool.CompletedWorkItemCount - workBefore;
        var memory = GC.GetTotalMemory(forceFullCollection: true) - memoryBefore;

        // A waiter that is left behind is woken with each further step, which makes half a million wake-ups, and keeps some 200 bytes.
        Assert.InRange(work, 0, 50 * Steps);
        Assert.True(memory < 100 * Steps, $"{memory} bytes after {Steps} steps");
    }

    [Fact]
    public async Task What_a_run_waits_for_is_published_until_it_ends()
    {
        var feed = new ProgressFeed();
        feed.PublishWaiting("before the first step: ignored");
        feed.Publish(Start);
        await using var follower = feed.FollowAsync(TimeSpan.Zero, TimeProvider.System, CancellationToken.None).GetAsyncEnumerator();

        Assert.Null((await NextAsync(follower)).Waiting);
        feed.PublishWaiting("for the server");
        Assert.Equal("for the server", (await NextAsync(follower)).Waiting);
        feed.Publish(Start with { Status = RunStatus.Success });
        feed.PublishWaiting("after the end: ignored");
        Assert.Equal((RunStatus.Success, null), ((await NextAsync(follower)).Status, follower.Current.Waiting));
        Assert.False(await follower.MoveNextAsync());
    }

    private static async Task StepAsync(ProgressFeed feed, IAsyncEnumerator<RunProgress> follower, int step)
    {
        feed.Publish(Start with { Pages = step });
        Assert.Equal(step, (await NextAsync(follower)).Pages);
    }

    private static async Task<RunProgress> NextAsync(IAsyncEnumerator<RunProgress> follower)
    {
        Assert.True(await follower.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return follower.Current;
    }
}
