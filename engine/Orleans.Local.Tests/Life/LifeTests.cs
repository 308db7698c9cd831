using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Life;

public sealed class LifeTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task TheFirstCallActivatesAndTheNextFindTheSameActivation()
    {
        var key = Name();
        var grain = cluster.Client.GetGrain<ILifeGrain>(key);
        Assert.Empty(Signals.Noted(key));
        var activations = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => grain.Activation()));
        Assert.Single(activations.Distinct());
        Assert.Equal(["activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task AGrainThatAsksForItIsDeactivatedAndTheNextCallActivatesAnew()
    {
        var key = Name();
        var grain = cluster.Client.GetGrain<ILifeGrain>(key);
        var first = await grain.Activation();
        await grain.End();
        Assert.NotEqual(first, await grain.Activation());
        Assert.Equal(["activated", "ApplicationRequested", "activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task CallsThatArriveForADeactivatingActivationGoToTheNextOneAndNoneIsLost()
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

    // Orleans forwards a call only so often before it rejects it.
    [EmbeddedFact]
    public async Task NoCallIsLostWhileAnActivationEndsOverAndOver()
    {
        var grain = cluster.Client.GetGrain<ILifeGrain>(Name());
        var calls = Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? grain.End() : grain.Activation());
        await Task.WhenAll(calls).WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task AFailingActivationFailsTheCallAndLeavesNoActivation()
    {
        var grain = cluster.Client.GetGrain<IFailingGrain>(Name());
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(grain.Attempts);
        Assert.Equal("Not yet.", exception.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(grain.Attempts);
        Assert.Equal(3, await grain.Attempts());
    }

    [Fact]
    public async Task IdleActivationsAreCollectedOnDemandButNotThoseThatAreKeptAliveOrAskedForTime()
    {
        var (idle, kept, delayed) = (Name(), Name(), Name());
        await cluster.Client.GetGrain<ILifeGrain>(idle).Activation();
        await cluster.Client.GetGrain<ILongLifeGrain>(kept).Activation();
        await cluster.Client.GetGrain<ILifeGrain>(delayed).DelayEnd(TimeSpan.FromHours(1));
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await Eventually.Is(
            async () =>
            {
                await management.ForceActivationCollection(TimeSpan.Zero);
                return Signals.Noted(idle).Contains("ActivationIdle");
            },
            "the idle activation is collected");
        Assert.Equal(["activated"], Signals.Noted(kept));
        Assert.Equal(["activated"], Signals.Noted(delayed));
    }

    [Fact]
    public async Task AnActivationIsCollectedWhenItIsIdleForTheCollectionAgeAndItsClassHasNoOther()
    {
        await using var own = await Cluster.StartAsync(silo => silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromMilliseconds(500);
            options.CollectionAge = TimeSpan.FromSeconds(1);
        }));
        var (idle, aged) = (Name(), Name());
        await own.Client.GetGrain<IAgedLifeGrain>(aged).Activation();
        await own.Client.GetGrain<ILifeGrain>(idle).Activation();
        await Eventually.Is(() => Signals.Noted(idle).Contains("ActivationIdle"), "the idle activation is collected");
        Assert.Equal(["activated"], Signals.Noted(aged));
    }

    [Fact]
    public void AnAgeLimitIsAtLeastAMinute()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), new CollectionAgeLimitAttribute { Minutes = 0.1 }.AgeLimit);
        Assert.Equal(TimeSpan.FromHours(25), new CollectionAgeLimitAttribute { Days = 1, Hours = 1 }.AgeLimit);
        Assert.Equal(TimeSpan.FromMinutes(5), new CollectionAgeLimitAttribute("00:05:00").AgeLimit);
    }

    [Fact]
    public async Task StoppingASiloDeactivatesItsActivationsInOrder()
    {
        await using var own = await Cluster.StartAsync();
        var key = Name();
        await own.Client.GetGrain<ILifeGrain>(key).Activation();
        await own.StopSiloAsync(own.Silos[0]);
        Assert.Equal(["activated", "ShuttingDown"], Signals.Noted(key));
        Assert.Empty(own.Silos);
    }

    // Orleans kills a silo of a test by stopping it without patience, and its activations may be told.
    [EmbeddedFact]
    public async Task KillingASiloTellsNoActivation()
    {
        await using var own = await Cluster.StartAsync();
        var key = Name();
        await own.Client.GetGrain<ILifeGrain>(key).Activation();
        await own.KillSiloAsync(own.Silos[0]);
        Assert.Equal(["activated"], Signals.Noted(key));
    }

    [Fact]
    public async Task AReferenceOutlivesARestartOfTheSilo()
    {
        await using var own = await Cluster.StartAsync();
        var grain = own.Client.GetGrain<ILifeGrain>(Name());
        var first = await grain.Activation();
        await own.RestartSiloAsync(own.Silos[0]);
        Assert.NotEqual(first, await grain.Activation());
    }

    [Fact]
    public async Task AGrainGetsItsServicesThroughItsConstructor()
    {
        await using var own = await Cluster.StartAsync(silo => silo.Services.AddSingleton(new Greeting { Text = "hi" }));
        Assert.Equal("hi you", await own.Client.GetGrain<IInjectedGrain>("you").Greet());
    }

    [Fact]
    public async Task AGrainWhoseServicesAreMissingFailsItsCalls() =>
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Client.GetGrain<IInjectedGrain>(Name()).Greet());

    private static string Name() => "life-" + Guid.NewGuid().ToString("N");
}
