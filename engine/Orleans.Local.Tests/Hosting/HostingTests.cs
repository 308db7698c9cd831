using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Hosting;

public sealed class HostingTests
{
    [EmbeddedFact]
    public async Task AHostWithASiloGivesItsServicesTheWayToTheGrains()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddMemoryGrainStorageAsDefault());
        using var host = builder.Build();
        await host.StartAsync();
        var key = "hosted-" + Guid.NewGuid().ToString("N");
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(key).Activation();
        await host.Services.GetRequiredService<IClusterClient>().GetGrain<ILifeGrain>(key).Activation();
        await host.StopAsync();
        Assert.Equal(["activated", "ShuttingDown"], Signals.Noted(key));
    }

    [EmbeddedFact]
    public async Task ASiloThatDoesNotRunTakesNoCalls()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        using var host = builder.Build();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grains.GetGrain<ILifeGrain>("k").Activation());
        await host.StartAsync();
        await grains.GetGrain<ILifeGrain>("k").Activation();
        await host.StopAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grains.GetGrain<ILifeGrain>("k").Activation());
    }

    [EmbeddedFact]
    public void AClientOfItsOwnIsRefusedWithTheReason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(() => builder.UseOrleansClient(_ => { }));
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public void ClusteringIsRefusedWithTheReason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(
            () => builder.UseOrleans(silo => silo.UseAdoNetClustering(options => options.Invariant = "Npgsql")));
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public async Task ASecondSiloIsRefusedWithTheReason()
    {
        Assert.Throws<NotSupportedException>(() => new InProcessTestClusterBuilder(2).Build());
        await using var cluster = await Cluster.StartAsync();
        await Assert.ThrowsAsync<NotSupportedException>(cluster.StartAdditionalSiloAsync);
    }

    [TwoSilosFact]
    public async Task ActivationsMoveToTheOtherSiloWhenTheirsStops()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var grains = Enumerable.Range(0, 20).Select(i => cluster.Client.GetGrain<ILifeGrain>($"moving-{Guid.NewGuid():N}-{i}")).ToArray();
        await Task.WhenAll(grains.Select(g => g.Activation()));
        await cluster.StopSiloAsync(cluster.Silos[1]);
        await Task.WhenAll(grains.Select(g => g.Activation()));
    }
}
