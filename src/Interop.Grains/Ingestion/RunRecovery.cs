using Interop.Ingestion.Running;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion;

/// <summary>Resumes interrupted runs as soon as a host has started. When that fails, each run's reminder does it within a minute.</summary>
internal sealed partial class RunRecovery(RunRegistry runs, IGrainFactory grains, ILogger<RunRecovery> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var runId in await runs.InterruptedAsync(stoppingToken))
            {
                LogResuming(runId);
                await grains.Run(runId).Resume();
            }
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Run {RunId} was interrupted; resuming it")]
    private partial void LogResuming(long runId);

    [LoggerMessage(2102, LogLevel.Warning, "Interrupted runs could not be resumed at once; their reminders resume them within a minute")]
    private partial void LogFailed(Exception e);
}
