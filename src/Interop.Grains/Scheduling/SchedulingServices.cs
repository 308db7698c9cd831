using Interop.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Scheduling;

/// <summary>Composition of the scheduled jobs.</summary>
public static class SchedulingServices
{
    /// <summary>Adds the jobs. The host adds <see cref="ScheduleTable"/>, <c>AlertOptions</c> and ingestion.</summary>
    public static IServiceCollection AddScheduling(this IServiceCollection services)
    {
        services.AddSingleton<ScheduleCatalog>();
        services.AddSingleton<ScheduleAlerts>();
        services.AddUpstreamClient(ScheduleAlerts.HttpClientName);
        services.AddHostedService<ScheduleStart>();
        return services;
    }
}

/// <summary>Sets the reminders of the jobs, and catches up what was missed while no silo ran.</summary>
internal sealed partial class ScheduleStart(ScheduleCatalog jobs, IGrainFactory grains, TimeProvider time, ILogger<ScheduleStart> log)
    : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(jobs.Names.Select(job => RefreshAsync(job, stoppingToken)));

    private async Task RefreshAsync(string job, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await grains.Schedule(job).Refresh();
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotRefreshed(job, e.Message);
            }

            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(
        3303,
        LogLevel.Warning,
        "The schedule of {Job} could not be set yet; the next attempt follows in a few seconds: {Reason}"
    )]
    private partial void LogNotRefreshed(string job, string reason);
}
