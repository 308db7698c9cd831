using Interop.TestServers;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Management;

public sealed class ManagementTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Fact]
    public async Task The_management_grain_knows_the_hosts()
    {
        await using var cluster = await Cluster.StartAsync();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        var (address, status) = Assert.Single(await management.GetHosts(onlyActive: true));
        Assert.Equal(SiloStatus.Active, status);
        Assert.Equal(cluster.Silos[0].SiloAddress, address);
        var host = Assert.Single(await management.GetDetailedHosts(onlyActive: true));
        Assert.Equal(address, host.SiloAddress);
        Assert.Equal(SiloStatus.Active, host.Status);
        Assert.Equal(cluster.Silos[0].Name, host.SiloName);
    }

    [Fact]
    public async Task The_management_grain_counts_activations()
    {
        await using var cluster = await Cluster.StartAsync();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await management.GetTotalActivationCount();
        var before = await management.GetTotalActivationCount();
        foreach (var key in new[] { "one", "two", "three" })
            await cluster.Client.GetGrain<ILifeGrain>($"managed-{key}").Activation();
        Assert.Equal(before + 3, await management.GetTotalActivationCount());

        var simple = Assert.Single(await management.GetSimpleGrainStatistics(), s => s.GrainType.Contains(nameof(LifeGrain), Ordinal));
        Assert.Equal(3, simple.ActivationCount);
        var detailed = await management.GetDetailedGrainStatistics();
        Assert.Equal(
            ["managed-one", "managed-three", "managed-two"],
            detailed.Where(d => d.GrainType.Contains(nameof(LifeGrain), Ordinal)).Select(d => d.GrainId.Key.ToString()).Order()
        );
    }

    [Fact]
    public async Task The_management_grain_answers_for_the_silos_that_it_is_asked_about()
    {
        await using var cluster = await Cluster.StartAsync();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await cluster.Client.GetGrain<ILifeGrain>("managed-here").Activation();
        SiloAddress[] silo = [cluster.Silos[0].SiloAddress];
        Assert.Contains(await management.GetSimpleGrainStatistics(silo), s => s.GrainType.Contains(nameof(LifeGrain), Ordinal));
        var detailed = Assert.Single(
            await management.GetDetailedGrainStatistics([$"{typeof(LifeGrain).FullName},{typeof(LifeGrain).Assembly.GetName().Name}"], silo)
        );
        Assert.Equal(silo[0], detailed.SiloAddress);
        Assert.Equal("managed-here", detailed.GrainId.Key.ToString());
        await Eventually.Is(
            async () =>
            {
                await management.ForceActivationCollection(silo, TimeSpan.Zero);
                return (await management.GetDetailedGrainStatistics()).All(d => d.GrainId != detailed.GrainId);
            },
            "the activation is collected"
        );
    }

    [TwoSilosFact]
    public async Task The_management_grain_reports_every_silo()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var hosts = await cluster.Client.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Equal(cluster.Silos.Select(s => s.SiloAddress).ToHashSet(), hosts.Keys.ToHashSet());
        Assert.All(hosts.Values, status => Assert.Equal(SiloStatus.Active, status));
    }

    [Fact]
    public async Task Forced_collection_ends_idle_activations()
    {
        await using var cluster = await Cluster.StartAsync();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await cluster.Client.GetGrain<ILifeGrain>("managed-idle").Activation();
        await Eventually.Is(
            async () =>
            {
                await management.ForceActivationCollection(TimeSpan.Zero);
                return (await management.GetDetailedGrainStatistics()).All(d => d.GrainId.Key.ToString() != "managed-idle");
            },
            "the activation is collected"
        );
    }
}
