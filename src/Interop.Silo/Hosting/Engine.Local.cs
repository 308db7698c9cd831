using Interop.Silo.Settings;
using Interop.Storage.Connections;
using Orleans.Configuration;

namespace Interop.Silo.Hosting;

/// <summary>The embedded engine: one process, its state and reminders in the same database as the data.</summary>
internal static class Engine
{
    /// <summary>The engine, as the start line names it.</summary>
    public const string Description = "embedded engine, one process";

    /// <summary>Whether a database belongs to one process at a time.</summary>
    public static bool IsEmbedded => true;

    /// <summary>Adds the pages of the engine to the front end: the embedded engine has none.</summary>
    public static void MapEngine(this WebApplication app, InteropSettings settings) { }

    /// <param name="builder">The host.</param>
    /// <param name="settings">The settings of the process.</param>
    /// <param name="alone">A command that runs once; the embedded engine is always alone.</param>
    /// <exception cref="SettingsException">The role needs a cluster.</exception>
    public static void AddEngine(this IHostApplicationBuilder builder, InteropSettings settings, bool alone = false)
    {
        if (settings.Role != ProcessRole.All && !alone)
            throw new SettingsException(
                $"ROLE={settings.Role.ToString().ToLowerInvariant()} needs a cluster: build with -p:Engine=Orleans. The embedded engine runs silo and front end in one process (ROLE=all)"
            );

        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, settings.ServiceId));
            silo.AddIncomingGrainCallFilter<CallScopeFilter>();
            silo.AddAdoNetGrainStorageAsDefault(store =>
                (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
            );
            silo.UseAdoNetReminderService(store =>
                (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
            );
        });
    }
}
