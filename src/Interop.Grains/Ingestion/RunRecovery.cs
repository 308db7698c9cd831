using System.Collections.Concurrent;
using Interop.Ingestion.Running;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion;

/// <summary>
/// Resumes interrupted runs: at the start of the host, and every few seconds after it, because another silo may have failed. To resume a
/// run that is in work changes nothing. When this fails, each run's reminder resumes it within a minute.
/// </summary>
internal sealed partial class RunRecovery(RunRegistry runs, IGrainFactory grains, TimeProvider time, ILogger<RunRecovery> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // A call to a silo that has failed waits until the cluster notices; it must not delay the other runs.
    private readonly ConcurrentDictionary<long, Task> _calls = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await SweepAsync(stoppingToken);
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var runId in await runs.InterruptedAsync(stoppingToken))
            {
                if (!_calls.TryGetValue(runId, out var call) || call.IsCompleted)
                    _calls[runId] = ResumeAsync(runId, stoppingToken);
            }

            foreach (var (runId, call) in _calls)
            {
                if (call.IsCompleted)
                    _calls.TryRemove(runId, out _);
            }
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(e);
        }
    }

    private async Task ResumeAsync(long runId, CancellationToken stoppingToken)
    {
        try
        {
            await grains.Run(runId).Resume();
        }
        catch (Exception e)
        {
            // The next sweep tries again.
            if (!stoppingToken.IsCancellationRequested)
                LogNotResumed(e, runId);
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Run {RunId} could not be resumed yet")]
    private partial void LogNotResumed(Exception e, long runId);

    [LoggerMessage(2102, LogLevel.Warning, "Interrupted runs could not be listed; the next attempt follows in a few seconds")]
    private partial void LogFailed(Exception e);
}
