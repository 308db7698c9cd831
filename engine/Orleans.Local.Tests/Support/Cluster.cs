using Interop.TestServers;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Support;

/// <summary>Clusters for tests, on either engine.</summary>
internal static class Cluster
{
    /// <summary>A cluster of one silo, deployed.</summary>
    public static async Task<InProcessTestCluster> StartAsync(Action<ISiloBuilder>? configure = null, Action<IClientBuilder>? client = null)
    {
        var builder = new InProcessTestClusterBuilder(1);
        if (configure is not null)
            builder.ConfigureSilo((_, silo) => configure(silo));
        if (client is not null)
            builder.ConfigureClient(client);
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>
    /// Waits for an answer after the silo has changed: on Orleans calls fail until the client has found the silo that runs now.
    /// </summary>
    public static Task AnswersAsync(Func<Task<bool>> answer, string what) =>
        Eventually.Is(
            async () =>
            {
                try
                {
                    return await answer();
                }
                catch (Exception exception) when (exception is OrleansException or TimeoutException)
                {
                    return false;
                }
            },
            what
        );
}

/// <summary>One cluster for all tests of a class: with memory storage and reminders, and nothing else configured.</summary>
public sealed class PlainCluster : IAsyncLifetime
{
    private InProcessTestCluster? _cluster;

    public IClusterClient Client => _cluster!.Client;

    public async Task InitializeAsync() =>
        _cluster = await Cluster.StartAsync(silo => silo.AddMemoryGrainStorageAsDefault().UseInMemoryReminderService());

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}
