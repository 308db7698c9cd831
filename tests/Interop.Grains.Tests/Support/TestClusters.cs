using Orleans.TestingHost;

namespace Interop.Grains.Tests.Support;

/// <summary>The clusters of the grain tests: three silos on Orleans, and the one silo that the embedded engine has.</summary>
internal static class TestClusters
{
    public static bool IsEmbeddedEngine { get; } = typeof(IGrain).Assembly.GetName().Name == "Orleans.Local";

    private static short MaxSilos => IsEmbeddedEngine ? (short)1 : (short)3;

    /// <summary>A running cluster. The delegate runs once for each silo.</summary>
    /// <param name="configure">Configures a silo.</param>
    /// <param name="serviceId">The id under which reminders are stored; null for one that no other cluster has.</param>
    /// <param name="single">One silo on either engine: on SQLite the host runs no cluster.</param>
    public static async Task<InProcessTestCluster> StartAsync(Action<ISiloBuilder> configure, string? serviceId = null, bool single = false)
    {
        var builder = new InProcessTestClusterBuilder(single ? (short)1 : MaxSilos);
        if (serviceId is not null)
            builder.Options.ServiceId = serviceId;
        builder.ConfigureSilo((_, silo) => configure(silo));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Ends all silos at the same time as kill -9 does: without OnDeactivateAsync, and in the middle of their work.</summary>
    public static Task KillAllSilosAsync(this InProcessTestCluster cluster) =>
        Task.WhenAll(cluster.Silos.ToArray().Select(cluster.KillSiloAsync));
}

/// <summary>A test that needs several silos: skipped on the embedded engine, which has one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute()
    {
        if (TestClusters.IsEmbeddedEngine)
            Skip = "Needs several silos; the embedded engine is one process with one silo. Runs with -p:Engine=Orleans.";
    }
}
