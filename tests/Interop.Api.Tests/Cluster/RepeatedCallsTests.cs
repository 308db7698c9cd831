using System.Collections.Concurrent;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

public sealed class RepeatedCallsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task A_call_without_an_answer_is_sent_again_under_another_key_and_the_first_answer_counts()
    {
        var silent = new TaskCompletionSource<string>();
        var keys = new ConcurrentQueue<long>();

        var answer = await RepeatedCalls.AskAsync(
            key =>
            {
                keys.Enqueue(key);
                return keys.Count < 3 ? silent.Task : Task.FromResult("third");
            },
            Patience,
            TimeProvider.System
        );

        Assert.Equal("third", answer);
        Assert.Equal(3, keys.Count);
        Assert.NotEqual(keys.First(), keys.ElementAt(1));
        Assert.NotEqual(keys.ElementAt(1), keys.Last());
    }

    [Fact]
    public async Task A_late_answer_of_the_first_call_counts()
    {
        var first = new TaskCompletionSource<string>();
        var calls = 0;

        var asked = RepeatedCalls.AskAsync(
            _ =>
            {
                if (++calls == 1)
                    return first.Task;
                first.TrySetResult("first");
                return new TaskCompletionSource<string>().Task;
            },
            Patience,
            TimeProvider.System
        );

        Assert.Equal("first", await asked);
    }

    [Fact]
    public async Task At_most_six_calls_are_under_way_each_under_another_key()
    {
        var keys = new ConcurrentQueue<long>();
        var silent = new TaskCompletionSource<string>();
        var asked = RepeatedCalls.AskAsync(
            key =>
            {
                keys.Enqueue(key);
                return silent.Task;
            },
            Patience,
            new InstantClock()
        );

        await Eventually.Is(() => keys.Count == 6, "five more calls were sent");
        silent.SetResult("late");

        Assert.Equal("late", await asked);
        Assert.Equal(6, keys.Distinct().Count());
        Assert.Equal(6, keys.Count);
    }

    [Fact]
    public async Task A_failure_that_is_not_that_of_a_silo_is_the_answer()
    {
        var calls = 0;

        await Assert.ThrowsAsync<ArgumentException>(() =>
            RepeatedCalls.AskAsync<string>(
                _ => ++calls == 1 ? throw new ArgumentException("bad") : throw new SiloUnavailableException(""),
                Patience,
                TimeProvider.System
            )
        );
        Assert.Equal(1, calls);
    }
}
