using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion.Running;

/// <summary>
/// Carries one run to its end, off the grain's turns. A database that goes away interrupts it: it takes the run up again, from its
/// last committed page, until the run has ended or somebody else owns it.
/// </summary>
internal sealed partial class RunWorker(long runId, RunSteps steps, Database database, TimeProvider time, ILogger<RunWorker> log)
    : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterInterruption = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    /// <summary>The run's progress as it changes.</summary>
    public ProgressFeed Progress { get; } = new();

    /// <summary>Ends when the run has ended, or this worker has stopped working on it.</summary>
    public Task Completion => _work;

    /// <summary>Begins; the work goes on in the background.</summary>
    public void Start() => _work = Task.Run(WorkAsync);

    /// <summary>Stops without ending the run: whoever takes it up next goes on from the last committed page.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested && !await TryAsync())
                await Task.Delay(PauseAfterInterruption, time, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            LogStopped(runId);
        }
        catch (Exception e)
        {
            // Nothing below lets a defect through silently; if one comes this far, the reminder tries again.
            LogBroken(e, runId);
        }
        finally
        {
            Progress.Complete();
        }
    }

    /// <summary>One taking-up; true when there is nothing left to do.</summary>
    private async Task<bool> TryAsync()
    {
        try
        {
            var run = await database.WriteAsync((session, token) => RunStore.TakeUpAsync(session, runId, token), _stop.Token);
            if (run is null)
            {
                await PublishStoredAsync();
                return true;
            }

            Progress.Publish(run.Progress);
            LogTakenUp(runId, run.Source, run.ResourceType, run.Epoch, run.Cursor);
            await CarryOutAsync(run);
            return true;
        }
        catch (LeaseLostException)
        {
            LogLeaseLost(runId);
            await PublishStoredAsync();
            return true;
        }
        catch (DatabaseException e)
        {
            LogInterrupted(e, runId, PauseAfterInterruption);
            return false;
        }
    }

    private async Task CarryOutAsync(RunRecord run)
    {
        string? error = null, exportPath = null;
        try
        {
            run = await steps.IngestAsync(run, r => Publish(ref run, r), _stop.Token);
            exportPath = await steps.ExportAsync(run, _stop.Token);
        }
        catch (FhirRequestException e)
        {
            error = $"Upstream FHIR request failed: {e.Message}";
        }
        catch (IngestionException e)
        {
            error = e.Message;
        }
        catch (IOException e)
        {
            error = $"The run's files could not be written: {e.Message}";
        }
        catch (DatabaseFullException e)
        {
            error = e.Message;
        }
        catch (Exception e) when (e is not (DatabaseException or LeaseLostException or OperationCanceledException))
        {
            LogDefect(e, runId);
            error = $"Unexpected {e.GetType().Name}: {e.Message}";
        }

        var status = error is null ? RunStatus.Success : RunStatus.Failed;
        var ended = await database.WriteAsync(
            async (session, token) =>
            {
                if (status != RunStatus.Success && run.IsViewRebuild)
                    await ViewChanges.AbandonAsync(session, runId, token);
                return await RunStore.FinishAsync(session, run, status, error, exportPath, time.GetUtcNow(), token)
                    ?? throw await RunStore.RefusalAsync(session, run, token);
            },
            _stop.Token);
        IngestionMetrics.RunEnded(ended);
        LogEnded(runId, ended.Source, ended.ResourceType, status, ended.Fetched, ended.DeadLetters, error);
        Progress.Publish(ended.Progress);
    }

    private void Publish(ref RunRecord current, RunRecord advanced)
    {
        IngestionMetrics.PageLoaded(current, advanced);
        current = advanced;
        Progress.Publish(advanced.Progress);
    }

    private async Task PublishStoredAsync()
    {
        var run = await database.ReadAsync((session, token) => RunStore.FindAsync(session, runId, token), _stop.Token);
        if (run is not null)
            Progress.Publish(run.Progress);
    }

    [LoggerMessage(2001, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} taken up, epoch {Epoch}, cursor {Cursor}")]
    private partial void LogTakenUp(long runId, string source, string resourceType, long epoch, DateTimeOffset? cursor);

    [LoggerMessage(2002, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} ended {Status}: {Fetched} fetched, {DeadLetters} dead letters. {Error}")]
    private partial void LogEnded(long runId, string source, string resourceType, string status, long fetched, long deadLetters, string? error);

    [LoggerMessage(2003, LogLevel.Warning, "Run {RunId} interrupted by the database; taken up again in {Pause}")]
    private partial void LogInterrupted(Exception e, long runId, TimeSpan pause);

    [LoggerMessage(2004, LogLevel.Information, "Run {RunId} has another owner or has been cancelled; this writer stops")]
    private partial void LogLeaseLost(long runId);

    [LoggerMessage(2005, LogLevel.Information, "Run {RunId} put down by a stopping host; it goes on from its last committed page")]
    private partial void LogStopped(long runId);

    [LoggerMessage(2006, LogLevel.Error, "Run {RunId} failed unexpectedly")]
    private partial void LogDefect(Exception e, long runId);

    [LoggerMessage(2007, LogLevel.Error, "The worker of run {RunId} broke down")]
    private partial void LogBroken(Exception e, long runId);
}
