using Interop.Anomaly;
using Interop.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Interop.Polling;

/// <summary>Composition of access monitoring.</summary>
public static class MonitoringServices
{
    /// <summary>
    /// Adds pollers, models and outlets. The host adds the database, the sources, <c>AlertOptions</c> and <c>MonitoringOptions</c>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="pollers">The settings by source.</param>
    /// <param name="pollsByDefault">Whether a source without settings is polled.</param>
    public static IServiceCollection AddMonitoring(
        this IServiceCollection services,
        IReadOnlyDictionary<string, PollerOptions> pollers,
        bool pollsByDefault = true
    )
    {
        services.AddSingleton(new PollerSettings(pollers, pollsByDefault));
        services.AddMonitoringLibrary();
        services.AddHostedService<MonitoringStart>();
        return services;
    }
}

/// <summary>Starts the pollers that the settings enable and that no operator has stopped, and the weekly training.</summary>
internal sealed class MonitoringStart(PollerSettings settings, SourceRegistry sources, IGrainFactory grains) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var source in sources.Names.Where(settings.IsEnabled))
        {
            var poller = grains.GetGrain<IAuditEventPollerGrain>(source);
            // The stored row has the operator's decision.
            if (await poller.GetStatus() is { Enabled: true })
                await poller.Start();
        }

        await grains.GetGrain<IAnomalyModelGrain>(0).EnsureWeekly();
    }
}
