using Interop.Access;
using Interop.Anomaly.Models;
using Interop.Discovery;
using Interop.Ingestion;
using Interop.Ingestion.Leases;
using Interop.Polling;
using Interop.Scheduling;
using Interop.Silo.Settings;
using Interop.Storage.Connections;
using Interop.Telemetry;
using Interop.Tokens;
using Interop.Uploads;

namespace Interop.Silo.Hosting;

/// <summary>Registers the features of a process that runs grains.</summary>
internal static class Features
{
    /// <summary>The features of every such process, commands that run once included.</summary>
    public static void AddFeatures(this IHostApplicationBuilder builder, InteropSettings settings, ProcessKind processKind)
    {
        if (settings.Role == ProcessRole.Api)
            return;
        var services = builder.Services;
        services.AddSingleton(provider =>
            DatabaseFactory.Open(
                settings.DatabaseOptions with
                {
                    SessionName = provider.GetRequiredService<ProcessIdentity>().SessionName,
                },
                provider.GetRequiredService<ILoggerFactory>()
            )
        );
        services.AddValidation();
        services.AddTokens(settings.Entries<TenantOptions>("Tenants"));
        services.AddIngestion(settings.Sources, processKind);
    }

    /// <summary>The features of a server only: the spool belongs to one process, and a command that runs once may run beside a
    /// server.</summary>
    public static void AddServerFeatures(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        if (settings.Role == ProcessRole.Api)
            return;
        var services = builder.Services;
        if (Engine.IsEmbedded)
            services.AddProcessLease();
        services.AddSingleton(provider => new TelemetryDatabase(settings.TelemetryDatabase, provider.GetRequiredService<ILoggerFactory>()));
        services.AddTelemetry();
        services.AddUploads(settings.Sources.GetValueOrDefault("default")?.BaseUrl);
        services.AddSingleton<Func<IAnomalyModel>>(AnomalyModels.Create);
        services.AddMonitoring(settings.Entries<PollerOptions>("Pollers"));
        services.AddScheduling();
        services.AddAuditTrail();
        services.AddDiscovery();
    }
}
