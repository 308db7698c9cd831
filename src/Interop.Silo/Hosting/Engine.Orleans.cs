using System.Net;
using System.Net.Sockets;
using Interop.Silo.Settings;
using Interop.Storage;
using Interop.Storage.Connections;
using Orleans.Configuration;

namespace Interop.Silo.Hosting;

/// <summary>
/// Microsoft Orleans: silos that find each other through PostgreSQL. On SQLite one silo runs by itself, with reminders in memory:
/// enough to try the real engine, and runs left behind are taken up at start all the same.
/// </summary>
internal static class Engine
{
    /// <summary>What the start line says.</summary>
    public const string Description = "Microsoft Orleans";

    /// <summary>Whether a database belongs to one process at a time.</summary>
    public const bool IsEmbedded = false;

    public static void AddEngine(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        if (settings.Role == ProcessRole.Api)
        {
            if (!settings.IsPostgres)
                throw new SettingsException("ROLE=api needs DB_URL: the cluster is found through PostgreSQL");
            builder.UseOrleansClient(client =>
            {
                client.Configure<ClusterOptions>(Name);
                client.UseAdoNetClustering(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
            });
            return;
        }

        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(Name);
            if (!settings.IsPostgres)
            {
                // Nobody joins it, so its ports are nobody's business: a command may run beside a server.
                var (siloPort, gatewayPort) = FreePorts();
                silo.UseLocalhostClustering(siloPort, gatewayPort);
                silo.AddMemoryGrainStorageAsDefault();
                silo.UseInMemoryReminderService();
                return;
            }

            silo.AddEndpoints(settings);
            silo.UseAdoNetClustering(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
            silo.AddAdoNetGrainStorageAsDefault(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
            silo.UseAdoNetReminderService(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
        });
    }

    private static void Name(ClusterOptions cluster) => cluster.ClusterId = cluster.ServiceId = "interop";

    private static void AddEndpoints(this ISiloBuilder silo, InteropSettings settings)
    {
        var free = FreePorts();
        var siloPort = settings.SiloPort == 0 ? free.Silo : settings.SiloPort;
        var gatewayPort = settings.GatewayPort == 0 ? free.Gateway : settings.GatewayPort;
        var bind = settings.BindAddress;
        var everywhere = bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any);
        if ((settings.SiloAddress is { } given ? IPAddress.Parse(given) : everywhere ? null : bind) is { } address)
            silo.ConfigureEndpoints(address, siloPort, gatewayPort);
        else
            silo.ConfigureEndpoints(siloPort, gatewayPort);
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }
}
