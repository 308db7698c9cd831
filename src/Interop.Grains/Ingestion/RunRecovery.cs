using Interop.Ingestion.Runs;
using Interop.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion;

/// <summary>Takes up, as soon as a host has started, the runs that the last one left behind; the reminder is the backstop.</summary>
internal sealed partial class RunRecovery(Database database, IGrainFactory grains, ILogger<RunRecovery> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var orphans = await database.ReadAsync(RunStore.ActiveIdsAsync, stoppingToken);
            foreach (var runId in orphans)
            {
                LogTakingUp(runId);
                await grains.GetGrain<IIngestionRunGrain>(runId).TakeUp();
            }
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // The host is no worse off without this: each run's reminder comes within a minute.
            LogFailed(e);
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Run {RunId} was left unfinished; taking it up")]
    private partial void LogTakingUp(long runId);

    [LoggerMessage(2102, LogLevel.Warning, "Unfinished runs could not be taken up at once; their reminders will")]
    private partial void LogFailed(Exception e);
}
