using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Life;

public sealed class LifeTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task The_first_call_activates_and_the_next_find_the_same_activation()
    {
        var key = Name();
        var grain = cluster.Client.GetGrain<ILifeGrain>(key);
        Assert.Empty(Signals.Noted(key));
        var activations = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => grain.Activation()));
        Assert.Single(activations.Distinct());
        Assert.Equal(["activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task DeactivateOnIdle_ends_the_activation_and_the_next_call_activates_again()
    {
        var key = Name();
        var grain = cluster.Client.GetGrain<ILifeGrain>(key);
        var first = await grain.Activation();
        await grain.End();
        Assert.NotEqual(first, await grain.Activation());
        Assert.Equal(["activated", "ApplicationRequested", "activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task Calls_to_a_deactivating_activation_go_to_the_next_one_and_none_is_lost()
    {
        var (began, signal) = (Name(), Name());
        var grain = cluster.Client.GetGrain<ILifeGrain>(Name());
        var first = await grain.Activation();
        var ending = grain.EndAndWait(began, signal);
        await Signals.Wait(began);
        var calls = Enumerable.Range(0, 100).Select(_ => grain.Activation()).ToArray();
        Signals.Set(signal);
        await ending;
        var second = Assert.Single((await Task.WhenAll(calls)).Distinct());
        Assert.NotEqual(first, second);
    }

    // Orleans rejects a call after it has forwarded it a few times.
    [EmbeddedFact]
    public async Task No_call_is_lost_while_activations_end_repeatedly()
    {
        var grain = cluster.Client.GetGrain<ILifeGrain>(Name());
        var calls = Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? grain.End() : grain.Activation());
        await Task.WhenAll(calls).WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task A_failing_activation_fails_the_call_and_leaves_no_activation()
    {
        var grain = cluster.Client.GetGrain<IFailingGrain>(Name());
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(grain.Attempts);
        Assert.Equal("Not yet.", exception.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(grain.Attempts);
        Assert.Equal(3, await grain.Attempts());
    }

    [Fact]
    public async Task Forced_collection_spares_activations_with_KeepAlive_or_DelayDeactivation()
    {
        var (idle, kept, delayed, delayedForEver, undelayed) = (Name(), Name(), Name(), Name(), Name());
        await cluster.Client.GetGrain<ILifeGrain>(idle).Activation();
        await cluster.Client.GetGrain<ILongLifeGrain>(kept).Activation();
        await cluster.Client.GetGrain<ILifeGrain>(delayed).DelayEnd(TimeSpan.FromHours(1));
        await cluster.Client.GetGrain<ILifeGrain>(delayedForEver).DelayEnd(Timeout.InfiniteTimeSpan);
        await cluster.Client.GetGrain<ILifeGrain>(undelayed).DelayEnd(TimeSpan.FromHours(1));
        await cluster.Client.GetGrain<ILifeGrain>(undelayed).DelayEnd(TimeSpan.FromSeconds(-1));
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await Eventually.Is(
            async () =>
            {
                await management.ForceActivationCollection(TimeSpan.Zero);
                return Signals.Noted(idle).Contains("ActivationIdle") && Signals.Noted(undelayed).Contains("ActivationIdle");
            },
            "the idle activations are collected"
        );
        Assert.Equal(["activated"], Signals.Noted(kept));
        Assert.Equal(["activated"], Signals.Noted(delayed));
        Assert.Equal(["activated"], Signals.Noted(delayedForEver));
    }

    [Fact]
    public async Task An_activation_idle_for_the_collection_age_is_collected_unless_its_class_has_a_longer_limit()
    {
        await using var own = await Cluster.StartAsync(silo =>
            silo.Configure<GrainCollectionOptions>(options =>
            {
                options.CollectionQuantum = TimeSpan.FromMilliseconds(500);
                options.CollectionAge = TimeSpan.FromSeconds(1);
            })
        );
        var (idle, aged) = (Name(), Name());
        await own.Client.GetGrain<IAgedLifeGrain>(aged).Activation();
        await own.Client.GetGrain<ILifeGrain>(idle).Activation();
        await Eventually.Is(() => Signals.Noted(idle).Contains("ActivationIdle"), "the idle activation is collected");
        Assert.Equal(["activated"], Signals.Noted(aged));
    }

    [Fact]
    public void An_activation_may_be_idle_for_a_quarter_of_an_hour_by_default()
    {
        Assert.Equal(TimeSpan.FromMinutes(15), new GrainCollectionOptions().CollectionAge);
        Assert.Equal(TimeSpan.FromMinutes(1), new GrainCollectionOptions().CollectionQuantum);
    }

    [Fact]
    public void An_age_limit_is_at_least_a_minute()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), new CollectionAgeLimitAttribute { Minutes = 0.1 }.AgeLimit);
        Assert.Equal(TimeSpan.FromHours(25), new CollectionAgeLimitAttribute { Days = 1, Hours = 1 }.AgeLimit);
        Assert.Equal(TimeSpan.FromMinutes(5), new CollectionAgeLimitAttribute("00:05:00").AgeLimit);
    }

    [Fact]
    public async Task Stopping_a_silo_deactivates_its_activations_in_order()
    {
        await using var own = await Cluster.StartAsync();
        var key = Name();
        await own.Client.GetGrain<ILifeGrain>(key).Activation();
        await own.StopSiloAsync(own.Silos[0]);
        Assert.Equal(["activated", "ShuttingDown"], Signals.Noted(key));
        Assert.Empty(own.Silos);
    }

    // Orleans kills a test silo by a stop without a timeout, which may still call OnDeactivateAsync.
    [EmbeddedFact]
    public async Task Killing_a_silo_runs_no_OnDeactivateAsync()
    {
        await using var own = await Cluster.StartAsync();
        var key = Name();
        await own.Client.GetGrain<ILifeGrain>(key).Activation();
        await own.KillSiloAsync(own.Silos[0]);
        Assert.Equal(["activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task A_reference_outlives_a_restart_of_the_silo()
    {
        await using var own = await Cluster.StartAsync();
        var grain = own.Client.GetGrain<ILifeGrain>(Name());
        var first = await grain.Activation();
        await own.RestartSiloAsync(own.Silos[0]);
        await Cluster.AnswersAsync(async () => await grain.Activation() != first, "the new silo has another activation");
    }

    [Fact]
    public async Task A_grain_may_have_a_placement_and_its_interface_a_version()
    {
        var grain = cluster.Client.GetGrain<IPlacedGrain>(Name());
        Assert.Equal(await grain.Activation(), await grain.Activation());
    }

    [Fact]
    public async Task A_grain_gets_its_services_through_its_constructor()
    {
        await using var own = await Cluster.StartAsync(silo => silo.Services.AddSingleton(new Greeting { Text = "hi" }));
        Assert.Equal("hi you", await own.Client.GetGrain<IInjectedGrain>("you").Greet());
    }

    [Fact]
    public async Task A_scoped_service_lives_as_long_as_the_activation()
    {
        await using var own = await Cluster.StartAsync(silo => silo.Services.AddScoped<ScopedLife>());
        var grain = own.Client.GetGrain<IScopedGrain>(Name());
        var first = await grain.ServiceId();
        Assert.Equal(first, await grain.ServiceId());
        await grain.End();
        Assert.NotEqual(first, await grain.ServiceId());
        await Eventually.Is(() => Signals.Noted(first.ToString()).Contains("disposed"), "the service of the first activation is disposed");
    }

    [Fact]
    public async Task A_grain_whose_services_are_missing_fails_its_calls() =>
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Client.GetGrain<IInjectedGrain>(Name()).Greet());

    private static string Name() => "life-" + Guid.NewGuid().ToString("N");
}
