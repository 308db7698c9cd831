using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Timers;

public sealed class TimerTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task ATimerFiresAfterItsDueTimeAndThenEachPeriod()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length >= 3, "three ticks");
    }

    [Fact]
    public async Task ATimerWithoutAPeriodFiresOnce()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Timeout.InfiniteTimeSpan);
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
        await AnotherTimerFiresTwentyTimes();
        Assert.Equal(["tick"], Signals.Noted(key));
    }

    [Fact]
    public async Task AllWaysToRegisterATimerWork()
    {
        var (key, grain) = New();
        await grain.StartAllKinds();
        await Eventually.Is(() => Signals.Noted(key).Length == 4, "four ticks");
        Assert.Equal(["state and token", "state, token and times", "token", "token and times"], Signals.Noted(key).Order());
    }

    [Fact]
    public async Task ATickWaitsForTheRunningCallAndCallsWaitForTheTick()
    {
        var (key, grain) = New();
        var (began, signal) = (Name(), Name());
        var held = grain.Hold(began, signal);
        await Signals.Wait(began);
        var starting = grain.StartWaiting(interleave: false);
        Signals.Set(signal);
        await Task.WhenAll(held, starting);
        await Eventually.Is(() => Signals.Noted(key).Contains("0 begins"), "the first tick begins");
        var ping = grain.Ping();
        Assert.False(ping.IsCompleted);
        Signals.Set($"{key}/0");
        Signals.Set($"{key}/1");
        await ping;
    }

    [Fact]
    public async Task AnInterleavingTickRunsBetweenTheAwaitsOfCalls()
    {
        var (key, grain) = New();
        await grain.StartWaiting(interleave: true);
        await Eventually.Is(() => Signals.Noted(key).Contains("0 begins"), "the first tick begins");
        await grain.Ping();
        Assert.DoesNotContain("0 ends", Signals.Noted(key));
        Signals.Set($"{key}/0");
    }

    [Fact]
    public async Task TheNextTickIsDueOnlyAfterTheEndOfTheLast()
    {
        var (key, grain) = New();
        await grain.StartWaiting(interleave: true);
        await Eventually.Is(() => Signals.Noted(key).Length == 1, "the first tick begins");
        await AnotherTimerFiresTwentyTimes();
        Assert.Equal(["0 begins"], Signals.Noted(key));
        Signals.Set($"{key}/0");
        await Eventually.Is(() => Signals.Noted(key).Length == 3, "the second tick begins");
        Assert.Equal(["0 begins", "0 ends", "1 begins"], Signals.Noted(key));
    }

    [Fact]
    public async Task ATimerWhoseCallbackThrowsGoesOn()
    {
        var (key, grain) = New();
        await grain.StartFailing();
        await Eventually.Is(() => Signals.Noted(key).Length >= 3, "three ticks");
        await grain.Stop();
    }

    [Fact]
    public async Task ChangeGivesATimerANewSchedule()
    {
        var (key, grain) = New();
        await grain.StartAsleep();
        Assert.Empty(Signals.Noted(key));
        await grain.Wake();
        await Eventually.Is(() => Signals.Noted(key).Length >= 2, "two ticks");
    }

    [Fact]
    public async Task ADisposedTimerFiresNoMore()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
        await grain.Stop();
        var ticks = Signals.Noted(key).Length;
        await AnotherTimerFiresTwentyTimes();
        Assert.Equal(ticks, Signals.Noted(key).Length);
    }

    [Fact]
    public async Task DisposingATimerCancelsTheTokenOfItsTick()
    {
        var (key, grain) = New();
        await grain.StartForToken();
        await Signals.Wait($"{key}/began");
        await grain.Stop();
        await Signals.Wait($"{key}/cancelled");
    }

    [Fact]
    public async Task ATimerEndsWithItsActivation()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
        await grain.End();
        await Eventually.Is(() => Signals.Noted(key).Contains("deactivated"), "it is deactivated");
        await grain.Ping();
        Assert.Equal("deactivated", Signals.Noted(key)[^1]);
    }

    [Fact]
    public async Task TicksKeepAnActivationAliveOnlyWhenTheyAreToldTo()
    {
        await using var own = await Cluster.StartAsync(silo => silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromMilliseconds(500);
            options.CollectionAge = TimeSpan.FromSeconds(1);
        }));
        var (kept, idle) = (Name(), Name());
        await own.Client.GetGrain<ITimerGrain>(kept).Start(Soon, TimeSpan.FromMilliseconds(50), keepAlive: true);
        await own.Client.GetGrain<ITimerGrain>(idle).Start(Soon, TimeSpan.FromMilliseconds(50));
        await Eventually.Is(() => Signals.Noted(idle).Contains("deactivated"), "the activation whose ticks do not count is collected");
        Assert.DoesNotContain("deactivated", Signals.Noted(kept));
    }

    [Fact]
    public async Task ATimerCannotBeRegisteredFromOutsideOfTheGrainsTurns()
    {
        var (_, grain) = New();
        await Assert.ThrowsAnyAsync<Exception>(grain.StartOutside);
    }

    private static string Name() => "timer-" + Guid.NewGuid().ToString("N");

    private (string Key, ITimerGrain Grain) New()
    {
        var key = Name();
        return (key, cluster.Client.GetGrain<ITimerGrain>(key));
    }

    /// <summary>Time in which a timer that should be still would have shown itself.</summary>
    private async Task AnotherTimerFiresTwentyTimes()
    {
        var (key, other) = New();
        await other.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length >= 20, "another timer fires twenty times");
        await other.Stop();
    }
}
