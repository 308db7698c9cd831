using Interop.TestServers;
using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Turns;

public sealed class TurnTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task An_activation_runs_one_request_at_a_time()
    {
        var (key, signal) = (Name(), Name());
        var grain = cluster.Client.GetGrain<ITurnGrain>(key);
        var first = grain.Slow("first", signal);
        await Noted(key, "first begins");
        var second = grain.Slow("second", signal);
        Signals.Set(signal);
        await Task.WhenAll(first, second);
        Assert.Equal(["first begins", "first ends", "second begins", "second ends"], Signals.Noted(key));
    }

    [Fact]
    public async Task No_update_is_lost_between_the_awaits_of_a_request()
    {
        var grain = cluster.Client.GetGrain<ITurnGrain>(Name());
        var counts = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => grain.Increment()));
        Assert.Equal(Enumerable.Range(1, 500), counts.Order());
    }

    [Fact]
    public async Task Continuations_run_on_the_activations_scheduler() =>
        Assert.True(await cluster.Client.GetGrain<ITurnGrain>(Name()).SchedulerStays());

    [Fact]
    public async Task ConfigureAwait_false_leaves_the_activations_scheduler() =>
        Assert.True(await cluster.Client.GetGrain<ITurnGrain>(Name()).ConfigureAwaitFalseLeaves());

    [Fact]
    public async Task Tasks_that_a_grain_starts_run_in_its_turns() =>
        Assert.True(await cluster.Client.GetGrain<ITurnGrain>(Name()).TasksRunInTurn());

    [Fact]
    public async Task A_reentrant_grain_interleaves_all_requests()
    {
        var (key, one, two) = (Name(), Name(), Name());
        var grain = cluster.Client.GetGrain<IReentrantTurnGrain>(key);
        var first = grain.Slow("first", one);
        await Noted(key, "first begins");
        var second = grain.Slow("second", two);
        Signals.Set(two);
        await second;
        Assert.False(first.IsCompleted);
        Signals.Set(one);
        await first;
        Assert.Equal(["first begins", "second begins", "second ends", "first ends"], Signals.Noted(key));
    }

    [Fact]
    public async Task An_always_interleaving_method_runs_between_the_awaits_of_another()
    {
        var (key, one, two) = (Name(), Name(), Name());
        var grain = cluster.Client.GetGrain<ITurnGrain>(key);
        var first = grain.Slow("first", one);
        await Noted(key, "first begins");
        var peek = grain.Peek("peek", two);
        Signals.Set(two);
        await peek;
        Assert.False(first.IsCompleted);
        Signals.Set(one);
        await first;
    }

    [Fact]
    public async Task Read_only_methods_interleave_with_each_other_only()
    {
        var (key, looks, write) = (Name(), Name(), Name());
        var grain = cluster.Client.GetGrain<ITurnGrain>(key);
        var one = grain.Look("one", looks);
        var two = grain.Look("two", looks);
        await Noted(key, "one begins");
        await Noted(key, "two begins");
        var slow = grain.Slow("slow", write);
        Signals.Set(looks);
        await Task.WhenAll(one, two);
        await Noted(key, "slow begins");
        var three = grain.Look("three", looks);
        Signals.Set(write);
        await Task.WhenAll(slow, three);
        var noted = Signals.Noted(key);
        Assert.True(Array.IndexOf(noted, "slow begins") > Array.IndexOf(noted, "one ends"));
        Assert.True(Array.IndexOf(noted, "three begins") > Array.IndexOf(noted, "slow ends"));
    }

    [Fact]
    public async Task A_stateless_worker_serves_one_key_with_several_activations_up_to_its_limit()
    {
        var (log, signal) = (Name(), Name());
        var grain = cluster.Client.GetGrain<IWorkerGrain>(0);
        var calls = Enumerable.Range(0, 4).Select(_ => grain.Work(log, signal)).ToArray();
        await Eventually.Is(() => Signals.Noted(log).Length == 2, "two workers are at work");
        Signals.Set(signal);
        var workers = await Task.WhenAll(calls);
        Assert.Equal(2, workers.Distinct().Count());
    }

    [Fact]
    public async Task A_call_chain_may_re_enter_a_grain_that_allowed_it() =>
        Assert.Equal(42, await cluster.Client.GetGrain<IChainGrain>(Name()).GoAndReturn(Name(), allowReentrancy: true));

    [Fact]
    public async Task A_call_chain_that_re_enters_without_permission_times_out_and_the_grain_continues()
    {
        await using var own = await Cluster.StartAsync(silo =>
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMilliseconds(300))
        );
        var grain = own.Client.GetGrain<IChainGrain>(Name());
        await Assert.ThrowsAsync<TimeoutException>(() => grain.GoAndReturn(Name(), allowReentrancy: false));
        await Assert.ThrowsAsync<TimeoutException>(() => grain.GoAndReturnSuppressed(Name()));
        Assert.Equal(42, await grain.Answer());
    }

    [Fact]
    public async Task Call_chain_reentrancy_admits_no_call_of_another_chain()
    {
        var (began, signal) = (Name(), Name());
        var grain = cluster.Client.GetGrain<IChainGrain>(Name());
        var held = grain.HoldReentrantly(began, signal);
        await Signals.Wait(began);
        var other = grain.Answer();
        var probe = cluster.Client.GetGrain<IChainGrain>(Name()).Answer();
        await probe;
        Assert.False(other.IsCompleted);
        Signals.Set(signal);
        await held;
        Assert.Equal(42, await other);
    }

    private static string Name() => "turn-" + Guid.NewGuid().ToString("N");

    private static Task Noted(string key, string entry) => Eventually.Is(() => Signals.Noted(key).Contains(entry), entry);
}
