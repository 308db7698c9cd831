using Interop.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Interop.Polling;

/// <summary>Composition of access monitoring.</summary>
public static class MonitoringServices
{
    /// <summary>Adds pollers, models and outlets. The host adds the database, the sources and <c>AlertOptions</c>.</summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services, IReadOnlyDictionary<string, PollerOptions> pollers)
    {
        services.AddSingleton(new PollerSettings(pollers));
        services.AddMonitoringLibrary();
        services.AddHostedService<PollerStart>();
        return services;
    }
}

/// <summary>Starts the pollers that the settings enable and that no operator has stopped.</summary>
internal sealed class PollerStart(PollerSettings settings, SourceRegistry sources, IGrainFactory grains) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var source in settings.Enabled.Where(sources.Contains))
        {
            var poller = grains.GetGrain<IAuditEventPollerGrain>(source);
            // The stored row has the operator's decision.
            if (await poller.GetStatus() is { Enabled: true })
                await poller.Start();
        }
    }
}
