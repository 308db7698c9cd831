using Microsoft.Extensions.DependencyInjection;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Hosting;

/// <summary>The clusters that tests run on.</summary>
public sealed class TestClusterTests
{
    [Fact]
    public async Task A_builder_configures_the_hosts_the_silo_and_the_client()
    {
        await using var cluster = new InProcessTestClusterBuilder(1)
            .ConfigureHost(host => host.Services.AddSingleton(new Greeting { Text = "of both" }))
            .ConfigureSiloHost((options, host) => host.Services.AddSingleton(new Greeting { Text = "of the host" }))
            .ConfigureSilo((options, silo) => silo.Services.AddSingleton(new Greeting { Text = "of the silo" }))
            .ConfigureClientHost(host => host.Services.AddSingleton(new Greeting { Text = "of the client's host" }))
            .ConfigureClient(client => client.Services.AddSingleton(new Greeting { Text = "of the client" }))
            .Build();
        await cluster.DeployAsync();
        Assert.Equal(["of both", "of the host", "of the silo"], Texts(cluster.Silos[0].ServiceProvider));
        Assert.Equal(["of both", "of the client's host", "of the client"], Texts(cluster.Client.ServiceProvider));
        Assert.Equal("of the silo you", await cluster.Client.GetGrain<IInjectedGrain>("you").Greet());
    }

    [Fact]
    public async Task A_cluster_has_a_client_from_its_deployment_until_all_silos_are_stopped()
    {
        await using var cluster = new InProcessTestClusterBuilder(1).Build();
        Assert.Throws<InvalidOperationException>(() => cluster.Client);
        await cluster.DeployAsync();
        var key = Name();
        await cluster.Client.GetGrain<ILifeGrain>(key).Activation();
        await cluster.StopAllSilosAsync();
        Assert.Throws<InvalidOperationException>(() => cluster.Client);
        Assert.Empty(cluster.Silos);
        Assert.Equal(["activated", "ShuttingDown"], Signals.Noted(key));
    }

    [Fact]
    public async Task A_silo_can_take_the_place_of_one_that_was_killed()
    {
        await using var cluster = await Cluster.StartAsync();
        var grain = cluster.Client.GetGrain<ILifeGrain>(Name());
        var first = await grain.Activation();
        var killed = cluster.Silos[0];
        await cluster.KillSiloAsync(killed);
        Assert.Empty(cluster.Silos);
        var added = await cluster.StartAdditionalSiloAsync();
        Assert.Same(added, Assert.Single(cluster.Silos));
        Assert.NotEqual(killed.SiloAddress, added.SiloAddress);
        await Cluster.AnswersAsync(async () => await grain.Activation() != first, "the new silo has another activation");
    }

    [TwoSilosFact]
    public async Task A_grain_has_one_activation_in_the_cluster_also_after_its_silo_was_killed()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var key = Name();
        var activations = await Task.WhenAll(
            cluster.Silos.SelectMany(silo =>
                Enumerable
                    .Range(0, 20)
                    .Select(_ => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(key).Activation())
            )
        );
        var first = Assert.Single(activations.Distinct());
        var grain = cluster.Client.GetGrain<ILifeGrain>(key);
        var home = (await cluster.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics())
            .Single(s => s.GrainId == grain.GetGrainId())
            .SiloAddress;
        await cluster.KillSiloAsync(cluster.Silos.Single(s => s.SiloAddress.Equals(home)));
        await Cluster.AnswersAsync(async () => await grain.Activation() != first, "the other silo has another activation");
    }

    private static IEnumerable<string> Texts(IServiceProvider services) => services.GetServices<Greeting>().Select(g => g.Text);

    private static string Name() => "cluster-" + Guid.NewGuid().ToString("N");
}
