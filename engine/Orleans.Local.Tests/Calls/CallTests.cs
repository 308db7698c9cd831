using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Calls;

public sealed class CallTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task A_call_returns_task_or_value_task_with_or_without_a_result()
    {
        var grain = New();
        await grain.Nothing();
        await grain.NothingByValue();
        Assert.Equal("abab", (await grain.Echo(new Note("ab", [1, 2]), 2)).Text);
        Assert.Equal(7, await grain.EchoByValue(7));
    }

    [Fact]
    public async Task Immutable_arguments_arrive_whole()
    {
        var note = await New().Echo(new Note("x", [1, 2, 3]));
        Assert.True(note.Numbers.SequenceEqual([1, 2, 3]));
    }

    [Fact]
    public async Task An_immutable_message_is_not_copied_between_grains_of_a_silo() => Assert.True(await New().SendsTheSameObject(Name()));

    [Fact]
    public async Task A_grain_knows_its_id_its_context_its_services_and_its_factory()
    {
        var grain = New();
        Assert.Equal($"{grain.GetPrimaryKeyString()} True", await grain.Describe());
    }

    [Fact]
    public async Task Keys_are_strings_guids_and_integers()
    {
        var guid = Guid.NewGuid();
        Assert.Equal(guid, await cluster.Client.GetGrain<IGuidKeyGrain>(guid).Key());
        Assert.Equal(-42, await cluster.Client.GetGrain<IIntegerKeyGrain>(-42).Key());
        Assert.Equal(long.MaxValue, await cluster.Client.GetGrain<IIntegerKeyGrain>(long.MaxValue).Key());
        Assert.Equal("a/b#ü", await cluster.Client.GetGrain<ITwoInterfacesGrain>("a/b#ü").Key());
    }

    [Fact]
    public void A_reference_knows_its_key()
    {
        var guid = Guid.NewGuid();
        Assert.Equal("k", cluster.Client.GetGrain<ICallGrain>("k").GetPrimaryKeyString());
        Assert.Equal(guid, cluster.Client.GetGrain<IGuidKeyGrain>(guid).GetPrimaryKey());
        Assert.Equal(5, cluster.Client.GetGrain<IIntegerKeyGrain>(5).GetPrimaryKeyLong());
    }

    [Fact]
    public void Reading_a_key_as_one_of_another_kind_fails()
    {
        var grain = cluster.Client.GetGrain<ICallGrain>("not a number");
        Assert.Throws<InvalidOperationException>(() => grain.GetPrimaryKeyLong());
        Assert.Throws<InvalidOperationException>(() => grain.GetPrimaryKey());
        Assert.ThrowsAny<ArgumentException>(() => cluster.Client.GetGrain<ICallGrain>(" "));
    }

    [Fact]
    public async Task A_grain_is_found_by_its_id()
    {
        var grain = New();
        var found = cluster.Client.GetGrain<ICallGrain>(grain.GetGrainId());
        Assert.Equal(grain, found);
        Assert.Equal(2, await found.EchoByValue(2));
    }

    [Fact]
    public void References_to_the_same_grain_are_equal()
    {
        Assert.Equal(cluster.Client.GetGrain<ICallGrain>("k"), cluster.Client.GetGrain<ICallGrain>("k"));
        Assert.NotEqual(cluster.Client.GetGrain<ICallGrain>("k"), cluster.Client.GetGrain<ICallGrain>("l"));
    }

    [Fact]
    public async Task A_grain_returns_a_reference_to_itself()
    {
        var grain = New();
        var self = await grain.Self();
        Assert.Equal(grain.GetPrimaryKeyString(), self.GetPrimaryKeyString());
        Assert.Equal(3, await self.EchoByValue(3));
    }

    [Fact]
    public async Task A_reference_can_be_turned_to_another_interface_of_the_grain() =>
        Assert.Equal("cba", await cluster.Client.GetGrain<ITwoInterfacesGrain>("abc").AsReference<ISecondInterface>().KeyBackwards());

    [Fact]
    public void Getting_a_grain_that_no_class_implements_fails_at_once() =>
        Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<IUnimplementedGrain>("k"));

    [Fact]
    public async Task An_exception_reaches_the_caller_with_the_stack_of_the_grain()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => New().Fail("no"));
        Assert.Equal("no", exception.Message);
        Assert.Contains(nameof(CallGrain), exception.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_before_the_first_await_reaches_the_caller_and_the_grain_takes_further_calls()
    {
        var grain = New();
        await Assert.ThrowsAsync<InvalidOperationException>(() => grain.FailAtOnce("no"));
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task A_call_past_the_response_timeout_throws_at_the_caller_and_the_grain_continues()
    {
        await using var own = await Cluster.StartAsync(client: client =>
            client.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMilliseconds(300))
        );
        var (signal, done) = (Name(), Name());
        var call = own.Client.GetGrain<ICallGrain>(Name()).WaitFor(signal, done);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Signals.Set(signal);
        await Signals.Wait(done);
    }

    [Fact]
    public void A_caller_waits_thirty_seconds_by_default()
    {
        Assert.Equal(TimeSpan.FromSeconds(30), new ClientMessagingOptions().ResponseTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), new SiloMessagingOptions().ResponseTimeout);
    }

    [Fact]
    public async Task A_method_may_have_its_own_response_timeout()
    {
        var (signal, done) = (Name(), Name());
        var grain = New();
        await grain.Nothing(); // a message that expires before its grain is active is never delivered
        await Assert.ThrowsAsync<TimeoutException>(() => grain.WaitShortly(signal, done));
        Signals.Set(signal);
        await Signals.Wait(done);
    }

    [Fact]
    public async Task Cancelling_the_token_of_a_call_ends_the_wait_and_reaches_the_grain()
    {
        var (started, ended) = (Name(), Name());
        using var cancellation = new CancellationTokenSource();
        var call = New().WaitForToken(started, ended, cancellation.Token);
        await Signals.Wait(started);
        Assert.False(call.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Signals.Wait(ended);
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_made()
    {
        var started = Name();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            New().WaitForToken(started, Name(), new CancellationToken(canceled: true))
        );
        Assert.False(Signals.Wait(started).IsCompleted);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_can_be_cancelled()
    {
        var grain = New();
        var (signal, done) = (Name(), Name());
        var first = grain.WaitFor(signal, done);
        await Signals.Wait(signal + "/waits");
        using var cancellation = new CancellationTokenSource();
        var second = grain.WaitForToken(Name(), Name(), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(first.IsCompleted);
        Signals.Set(signal);
        await first;

        // Orleans may still begin the call, with its token cancelled: it does not block other calls.
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task A_one_way_call_does_not_wait_for_the_grain()
    {
        var (signal, done) = (Name(), Name());
        await New().OneWay(signal, done);
        Assert.False(Signals.Wait(done).IsCompleted);
        Signals.Set(signal);
        await Signals.Wait(done);
    }

    [Fact]
    public async Task The_failure_of_a_one_way_call_stays_in_the_grain()
    {
        var grain = New();
        await grain.OneWayThatFails();
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task The_request_context_travels_with_calls_and_with_the_calls_they_make()
    {
        RequestContext.Set("who", "me");
        Assert.Equal("me", await New().Context("who"));
        Assert.Equal("me", await New().ContextOfAnother(Name(), "who"));
        RequestContext.Clear();
        Assert.Null(await New().Context("who"));
    }

    [Fact]
    public void The_request_context_lists_its_values_and_removes_them()
    {
        RequestContext.Clear();
        RequestContext.Set("a", 1);
        RequestContext.Set("b", 2);
        Assert.Equal(["a", "b"], RequestContext.Keys.Order());
        Assert.Equal(3, RequestContext.Entries.Sum(e => (int)e.Value));
        Assert.True(RequestContext.Remove("a"));
        Assert.False(RequestContext.Remove("a"));
        Assert.Null(RequestContext.Get("a"));
        RequestContext.Clear();
        Assert.Empty(RequestContext.Keys);
    }

    [Fact]
    public async Task Changes_of_a_grain_to_the_request_context_neither_return_to_the_caller_nor_remain()
    {
        var grain = New();
        RequestContext.Set("who", "me");
        await grain.ChangeContext("who", "you");
        Assert.Equal("me", RequestContext.Get("who"));
        RequestContext.Remove("who");
        await grain.ChangeContext("who", "you");
        Assert.Null(await grain.Context("who"));
    }

    [Fact]
    public async Task Each_of_many_concurrent_calls_gets_its_own_result()
    {
        var grains = Enumerable.Range(0, 20).Select(_ => New()).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => grains[i % 20].EchoByValue(i).AsTask()));
        Assert.Equal(Enumerable.Range(0, 2000), answers);
    }

    private static string Name() => Guid.NewGuid().ToString("N");

    private ICallGrain New() => cluster.Client.GetGrain<ICallGrain>("call-" + Name());
}
