using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Hosting;

public sealed class HostingTests
{
    [EmbeddedFact]
    public async Task A_host_with_a_silo_registers_the_grain_factory_and_the_cluster_client()
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
    public async Task A_stopped_silo_refuses_calls()
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
    public void A_separate_client_is_refused_with_the_reason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(() => builder.UseOrleansClient(_ => { }));
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public void Clustering_is_refused_with_the_reason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(() =>
            builder.UseOrleans(silo => silo.UseAdoNetClustering(options => options.Invariant = "Npgsql"))
        );
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public async Task A_second_silo_is_refused_with_the_reason()
    {
        Assert.Throws<NotSupportedException>(() => new InProcessTestClusterBuilder(2).Build());
        await using var cluster = await Cluster.StartAsync();
        await Assert.ThrowsAsync<NotSupportedException>(cluster.StartAdditionalSiloAsync);
    }

    [TwoSilosFact]
    public async Task Activations_move_to_the_other_silo_when_their_silo_stops()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var grains = Enumerable.Range(0, 20).Select(i => cluster.Client.GetGrain<ILifeGrain>($"moving-{Guid.NewGuid():N}-{i}")).ToArray();
        await Task.WhenAll(grains.Select(g => g.Activation()));
        await cluster.StopSiloAsync(cluster.Silos[1]);
        await Task.WhenAll(grains.Select(g => g.Activation()));
    }
}
