using Interop.TestServers;
using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Timers;

public sealed class TimerTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_timer_fires_after_its_due_time_and_then_each_period()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length >= 3, "three ticks");
    }

    [Fact]
    public async Task A_timer_without_a_period_fires_once()
    {
        var (key, grain) = New();
        await grain.Start(Soon, Timeout.InfiniteTimeSpan);
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
        await AnotherTimerFiresTwentyTimes();
        Assert.Equal(["tick"], Signals.Noted(key));
    }

    [Fact]
    public async Task Every_overload_of_RegisterGrainTimer_fires()
    {
        var (key, grain) = New();
        await grain.StartAllKinds();
        await Eventually.Is(() => Signals.Noted(key).Length == 8, "eight ticks");
        Assert.Equal(
            ["nothing", "state", "state and times", "state and token", "state, token and times", "times", "token", "token and times"],
            Signals.Noted(key).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_tick_waits_for_the_running_call_and_calls_wait_for_the_tick()
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
        // Further ticks may begin before the ping does.
        for (var tick = 0; tick < 100; tick++)
            Signals.Set($"{key}/{tick}");
        await ping;
    }

    [Fact]
    public async Task An_interleaving_tick_runs_between_the_awaits_of_calls()
    {
        var (key, grain) = New();
        await grain.StartWaiting(interleave: true);
        await Eventually.Is(() => Signals.Noted(key).Contains("0 begins"), "the first tick begins");
        await grain.Ping();
        Assert.DoesNotContain("0 ends", Signals.Noted(key));
        Signals.Set($"{key}/0");
    }

    [Fact]
    public async Task The_next_tick_is_due_only_after_the_end_of_the_last()
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
    public async Task A_timer_continues_after_its_callback_throws()
    {
        var (key, grain) = New();
        await grain.StartFailing();
        await Eventually.Is(() => Signals.Noted(key).Length >= 3, "three ticks");
        await grain.Stop();
    }

    [Fact]
    public async Task Change_gives_a_timer_a_new_schedule()
    {
        var (key, grain) = New();
        await grain.StartAsleep();
        Assert.Empty(Signals.Noted(key));
        await grain.Wake();
        await Eventually.Is(() => Signals.Noted(key).Length >= 2, "two ticks");
    }

    [Fact]
    public async Task A_change_within_a_tick_takes_effect_after_the_tick()
    {
        var (key, grain) = New();
        await grain.StartChanging();
        await Eventually.Is(() => Signals.Noted(key).Length == 2, "the tick after the change");
        await AnotherTimerFiresTwentyTimes();
        Assert.Equal(["tick", "tick"], Signals.Noted(key));
    }

    [Fact]
    public async Task Negative_times_are_refused()
    {
        var (_, grain) = New();
        var negative = TimeSpan.FromMilliseconds(-2);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.StartInvalid(negative, Soon));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.StartInvalid(Soon, negative));
    }

    [Fact]
    public async Task A_disposed_timer_does_not_fire()
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
    public async Task Disposing_a_timer_cancels_the_token_of_its_tick()
    {
        var (key, grain) = New();
        await grain.StartForToken();
        await Signals.Wait($"{key}/began");
        await grain.Stop();
        await Signals.Wait($"{key}/cancelled");
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
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
    public async Task Ticks_keep_an_activation_alive_only_with_KeepAlive()
    {
        await using var own = await Cluster.StartAsync(silo =>
            silo.Configure<GrainCollectionOptions>(options =>
            {
                options.CollectionQuantum = TimeSpan.FromMilliseconds(500);
                options.CollectionAge = TimeSpan.FromSeconds(1);
            })
        );
        var (kept, idle) = (Name(), Name());
        await own.Client.GetGrain<ITimerGrain>(kept).Start(Soon, TimeSpan.FromMilliseconds(50), keepAlive: true);
        await own.Client.GetGrain<ITimerGrain>(idle).Start(Soon, TimeSpan.FromMilliseconds(50));
        await Eventually.Is(() => Signals.Noted(idle).Contains("deactivated"), "the activation whose ticks do not count is collected");
        Assert.DoesNotContain("deactivated", Signals.Noted(kept));
    }

    [Fact]
    public async Task A_timer_cannot_be_registered_outside_a_turn_of_the_grain()
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

    /// <summary>Waits long enough for a timer that must not fire to fire by mistake.</summary>
    private async Task AnotherTimerFiresTwentyTimes()
    {
        var (key, other) = New();
        await other.Start(Soon, Soon);
        await Eventually.Is(() => Signals.Noted(key).Length >= 20, "another timer fires twenty times");
        await other.Stop();
    }
}
