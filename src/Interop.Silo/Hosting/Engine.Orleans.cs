using Interop.Silo.Settings;
using Interop.Storage;
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
                silo.UseLocalhostClustering();
                silo.AddMemoryGrainStorageAsDefault();
                silo.UseInMemoryReminderService();
                return;
            }

            silo.UseAdoNetClustering(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
            silo.AddAdoNetGrainStorageAsDefault(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
            silo.UseAdoNetReminderService(store => (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions));
        });
    }

    private static void Name(ClusterOptions cluster) => cluster.ClusterId = cluster.ServiceId = "interop";
}
