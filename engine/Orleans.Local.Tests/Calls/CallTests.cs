using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Calls;

public sealed class CallTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task ACallReturnsTaskOrValueTaskWithOrWithoutAResult()
    {
        var grain = New();
        await grain.Nothing();
        await grain.NothingByValue();
        Assert.Equal("abab", (await grain.Echo(new Note("ab", [1, 2]), 2)).Text);
        Assert.Equal(7, await grain.EchoByValue(7));
    }

    [Fact]
    public async Task ImmutableArgumentsArriveWhole()
    {
        var note = await New().Echo(new Note("x", [1, 2, 3]));
        Assert.True(note.Numbers.SequenceEqual([1, 2, 3]));
    }

    [Fact]
    public async Task KeysAreStringsGuidsAndIntegers()
    {
        var guid = Guid.NewGuid();
        Assert.Equal(guid, await cluster.Client.GetGrain<IGuidKeyGrain>(guid).Key());
        Assert.Equal(-42, await cluster.Client.GetGrain<IIntegerKeyGrain>(-42).Key());
        Assert.Equal(long.MaxValue, await cluster.Client.GetGrain<IIntegerKeyGrain>(long.MaxValue).Key());
        Assert.Equal("a/b#ü", await cluster.Client.GetGrain<ITwoFacedGrain>("a/b#ü").Key());
    }

    [Fact]
    public void AReferenceKnowsItsKey()
    {
        var guid = Guid.NewGuid();
        Assert.Equal("k", cluster.Client.GetGrain<ICallGrain>("k").GetPrimaryKeyString());
        Assert.Equal(guid, cluster.Client.GetGrain<IGuidKeyGrain>(guid).GetPrimaryKey());
        Assert.Equal(5, cluster.Client.GetGrain<IIntegerKeyGrain>(5).GetPrimaryKeyLong());
    }

    [Fact]
    public void ReferencesToTheSameGrainAreEqual()
    {
        Assert.Equal(cluster.Client.GetGrain<ICallGrain>("k"), cluster.Client.GetGrain<ICallGrain>("k"));
        Assert.NotEqual(cluster.Client.GetGrain<ICallGrain>("k"), cluster.Client.GetGrain<ICallGrain>("l"));
    }

    [Fact]
    public async Task AGrainHandsOutAReferenceToItself()
    {
        var grain = New();
        var self = await grain.Self();
        Assert.Equal(grain.GetPrimaryKeyString(), self.GetPrimaryKeyString());
        Assert.Equal(3, await self.EchoByValue(3));
    }

    [Fact]
    public async Task AReferenceCanBeTurnedToAnotherInterfaceOfTheGrain() =>
        Assert.Equal("cba", await cluster.Client.GetGrain<ITwoFacedGrain>("abc").AsReference<ISecondFace>().KeyBackwards());

    [Fact]
    public void AskingForAGrainThatNoClassImplementsFailsAtOnce() =>
        Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<INobodysGrain>("k"));

    [Fact]
    public async Task AnExceptionReachesTheCallerWithTheStackOfTheGrain()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => New().Fail("no"));
        Assert.Equal("no", exception.Message);
        Assert.Contains(nameof(CallGrain), exception.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnExceptionBeforeTheFirstAwaitReachesTheCallerTooAndTheGrainGoesOn()
    {
        var grain = New();
        await Assert.ThrowsAsync<InvalidOperationException>(() => grain.FailAtOnce("no"));
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task ACallPastTheResponseTimeoutThrowsAtTheCallerWhileTheGrainGoesOn()
    {
        await using var own = await Cluster.StartAsync(
            client: client => client.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMilliseconds(300)));
        var (signal, done) = (Name(), Name());
        var call = own.Client.GetGrain<ICallGrain>(Name()).WaitFor(signal, done);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Signals.Set(signal);
        await Signals.Wait(done);
    }

    [Fact]
    public async Task CancellingTheTokenOfACallEndsTheWaitAndReachesTheGrain()
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
    public async Task ACallWithACancelledTokenIsNotMade()
    {
        var started = Name();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => New().WaitForToken(started, Name(), new CancellationToken(canceled: true)));
        Assert.False(Signals.Wait(started).IsCompleted);
    }

    [Fact]
    public async Task ACallThatWaitsForItsTurnCanBeCancelled()
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

        // Orleans may still begin the call, with its token cancelled: it holds nobody up.
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task AOneWayCallDoesNotWaitForTheGrain()
    {
        var (signal, done) = (Name(), Name());
        await New().OneWay(signal, done);
        Assert.False(Signals.Wait(done).IsCompleted);
        Signals.Set(signal);
        await Signals.Wait(done);
    }

    [Fact]
    public async Task TheFailureOfAOneWayCallStaysInTheGrain()
    {
        var grain = New();
        await grain.OneWayThatFails();
        Assert.Equal(1, await grain.EchoByValue(1));
    }

    [Fact]
    public async Task TheRequestContextTravelsWithCallsAndWithTheCallsTheyMake()
    {
        RequestContext.Set("who", "me");
        Assert.Equal("me", await New().Context("who"));
        Assert.Equal("me", await New().ContextOfAnother(Name(), "who"));
        RequestContext.Clear();
        Assert.Null(await New().Context("who"));
    }

    [Fact]
    public async Task WhatAGrainChangesInTheRequestContextDoesNotComeBackNorStay()
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
    public async Task ManyCallersAtOnceAllGetTheirOwnAnswer()
    {
        var grains = Enumerable.Range(0, 20).Select(_ => New()).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => grains[i % 20].EchoByValue(i).AsTask()));
        Assert.Equal(Enumerable.Range(0, 2000), answers);
    }

    private static string Name() => Guid.NewGuid().ToString("N");

    private ICallGrain New() => cluster.Client.GetGrain<ICallGrain>("call-" + Name());
}
