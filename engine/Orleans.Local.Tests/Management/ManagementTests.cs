using Interop.TestServers;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Management;

public sealed class ManagementTests
{
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

        var simple = Assert.Single(
            await management.GetSimpleGrainStatistics(),
            s => s.GrainType.Contains(nameof(LifeGrain), StringComparison.Ordinal)
        );
        Assert.Equal(3, simple.ActivationCount);
        var detailed = await management.GetDetailedGrainStatistics();
        Assert.Equal(
            ["managed-one", "managed-three", "managed-two"],
            detailed
                .Where(d => d.GrainType.Contains(nameof(LifeGrain), StringComparison.Ordinal))
                .Select(d => d.GrainId.Key.ToString())
                .Order()
        );
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
