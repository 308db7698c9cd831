using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Composes an <see cref="InProcessTestCluster"/>.</summary>
public sealed class InProcessTestClusterBuilder
{
    /// <summary>A cluster of one silo. Orleans' own class starts two by default.</summary>
    public InProcessTestClusterBuilder()
        : this(1) { }

    /// <param name="initialSilosCount">1: <see cref="Build"/> refuses more.</param>
    public InProcessTestClusterBuilder(short initialSilosCount) => Options.InitialSilosCount = initialSilosCount;

    /// <summary>The options of the cluster.</summary>
    public InProcessTestClusterOptions Options { get; } = new();

    /// <summary>Configures the silo.</summary>
    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate)
    {
        Options.SiloDelegates.Add(configureSiloDelegate);
        return this;
    }

    /// <summary>Configures the host of the silo.</summary>
    public InProcessTestClusterBuilder ConfigureSiloHost(
        Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configureSiloHostDelegate
    )
    {
        Options.SiloHostConfigurationDelegates.Add(configureSiloHostDelegate);
        return this;
    }

    /// <summary>Configures the client.</summary>
    public InProcessTestClusterBuilder ConfigureClient(Action<IClientBuilder> configureClientDelegate)
    {
        Options.ClientDelegates.Add(configureClientDelegate);
        return this;
    }

    /// <summary>Configures the host of the client.</summary>
    public InProcessTestClusterBuilder ConfigureClientHost(Action<IHostApplicationBuilder> configureHostDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(configureHostDelegate);
        return this;
    }

    /// <summary>Configures the hosts of the silo and of the client.</summary>
    public InProcessTestClusterBuilder ConfigureHost(Action<IHostApplicationBuilder> configureDelegate) =>
        ConfigureSiloHost((_, host) => configureDelegate(host)).ConfigureClientHost(configureDelegate);

    /// <exception cref="NotSupportedException">More than one silo is asked for.</exception>
    public InProcessTestCluster Build() =>
        Options.InitialSilosCount == 1 ? new InProcessTestCluster(Options) : throw new NotSupportedException(InProcessTestCluster.OneSilo);
}

/// <summary>What an <see cref="InProcessTestCluster"/> is made of.</summary>
public sealed class InProcessTestClusterOptions
{
    /// <summary>The number of silos; the embedded engine has one.</summary>
    public short InitialSilosCount { get; set; }

    /// <summary>The id of the cluster.</summary>
    public string ClusterId { get; set; } = $"testcluster-{Guid.NewGuid():N}";

    /// <summary>Part of every key in the database.</summary>
    public string ServiceId { get; set; } = Guid.NewGuid().ToString("N");

    /// <summary>Configure the host of each silo, in order.</summary>
    public List<Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder>> SiloHostConfigurationDelegates { get; } = [];

    /// <summary>Configure the host of the client, in order.</summary>
    public List<Action<IHostApplicationBuilder>> ClientHostConfigurationDelegates { get; } = [];

    internal List<Action<InProcessTestSiloSpecificOptions, ISiloBuilder>> SiloDelegates { get; } = [];

    internal List<Action<IClientBuilder>> ClientDelegates { get; } = [];
}

/// <summary>What is particular to one silo of a test cluster.</summary>
public sealed class InProcessTestSiloSpecificOptions
{
    /// <summary>The name of the silo.</summary>
    public string SiloName { get; set; } = "";
}
