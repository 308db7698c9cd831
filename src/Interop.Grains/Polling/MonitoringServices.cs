using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Polling;

/// <summary>Composition of access monitoring.</summary>
public static class MonitoringServices
{
    /// <summary>
    /// Adds pollers, models and the delivery of alerts. The host adds the database, the sources, <c>AlertOptions</c> and
    /// <c>MonitoringOptions</c>.
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
        services.AddHostedService<UndeliveredAlerts>();
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

/// <summary>
/// Asks for the delivery of alerts that wait in the outbox, at the start and each minute: those that a killed process left, and those of a
/// poller that is not active. A commit of new alerts does not wait for it.
/// </summary>
internal sealed partial class UndeliveredAlerts(Database database, IGrainFactory grains, TimeProvider time, ILogger<UndeliveredAlerts> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                foreach (var source in await database.ReadAsync(AlertOutboxStore.ListSourcesAsync, stoppingToken))
                    await grains.GetGrain<IAuditEventPollerGrain>(source).DeliverAlerts();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // the next minute tries again
            {
                LogFailed(e is DatabaseException or TimeoutException ? null : e, e.Message, Period);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(3002, LogLevel.Warning, "Alerts wait for their delivery: {Reason}; again in {Wait}")]
    private partial void LogFailed(Exception? exception, string reason, TimeSpan wait);
}
