using Interop.Fhir.Client;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion.Running;

/// <summary>
/// Executes one run to its end, outside the grain's turns. When the database goes away the worker claims the run again and resumes it from
/// its last committed page, until the run has ended or has another owner.
/// </summary>
internal sealed partial class RunWorker(
    long runId, RunPipeline pipeline, ViewRebuild rebuild, RunExporter exporter, Database database, TimeProvider time, ILogger<RunWorker> log)
    : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterInterruption = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private RunRecord _run = new() { RunId = runId };

    /// <summary>The run's progress as it changes.</summary>
    public ProgressFeed Progress { get; } = new();

    /// <summary>Completes when the run has ended, or this worker has stopped working on it.</summary>
    public Task Completion => _work;

    /// <summary>Starts the work in the background.</summary>
    public void Start() => _work = Task.Run(WorkAsync);

    /// <summary>Stops without ending the run: the next owner resumes it from its last committed page.</summary>
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
            while (!_stop.IsCancellationRequested && !await ClaimAndExecuteAsync())
                await Task.Delay(PauseAfterInterruption, time, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            LogStopped(runId);
        }
        catch (Exception e)
        {
            // A defect of this class: the run's reminder tries again.
            LogBroken(e, runId);
        }
        finally
        {
            Progress.Complete();
        }
    }

    /// <summary>One claim of the run; true when there is nothing left to do.</summary>
    private async Task<bool> ClaimAndExecuteAsync()
    {
        try
        {
            if (await database.WriteAsync((session, token) => RunStore.ClaimAsync(session, runId, token), _stop.Token) is not { } run)
            {
                await PublishStoredAsync();
                return true;
            }

            _run = run;
            Progress.Publish(run.Progress);
            LogClaimed(runId, run.Source, run.ResourceType, run.Epoch, run.Cursor);
            await ExecuteAsync();
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

    private async Task ExecuteAsync()
    {
        string? error = null, exportPath = null;
        try
        {
            if (_run.IsViewRebuild)
            {
                await rebuild.ExecuteAsync(_run, Advance, _stop.Token);
            }
            else
            {
                await pipeline.ExecuteAsync(_run, Advance, _stop.Token);
                exportPath = await exporter.WriteRunAsync(_run, _stop.Token);
            }
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

        await FinishAsync(error is null ? RunStatus.Success : RunStatus.Failed, error, exportPath);
    }

    private async Task FinishAsync(string status, string? error, string? exportPath)
    {
        var ended = await database.WriteAsync(
            async (session, token) =>
            {
                if (status != RunStatus.Success && _run.IsViewRebuild)
                    await ViewChanges.AbandonAsync(session, runId, token);
                return await RunStore.FinishAsync(session, _run, status, error, exportPath, time.GetUtcNow(), token)
                    ?? throw await RunStore.RefusalAsync(session, _run, token);
            },
            _stop.Token);
        IngestionMetrics.RunEnded(ended);
        if (error is null)
            LogSucceeded(runId, ended.Source, ended.ResourceType, ended.Fetched, ended.DeadLetters);
        else
            LogFailed(runId, ended.Source, ended.ResourceType, ended.Fetched, ended.DeadLetters, error);
        Progress.Publish(ended.Progress);
    }

    private void Advance(RunRecord advanced)
    {
        IngestionMetrics.PageLoaded(_run, advanced);
        _run = advanced;
        Progress.Publish(advanced.Progress);
    }

    private async Task PublishStoredAsync()
    {
        var run = await database.ReadAsync((session, token) => RunStore.FindAsync(session, runId, token), _stop.Token);
        if (run is not null)
            Progress.Publish(run.Progress);
    }

    [LoggerMessage(2001, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} claimed, epoch {Epoch}, cursor {Cursor}")]
    private partial void LogClaimed(long runId, string source, string resourceType, long epoch, DateTimeOffset? cursor);

    [LoggerMessage(2002, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} ended SUCCESS: {Fetched} fetched, {DeadLetters} dead letters")]
    private partial void LogSucceeded(long runId, string source, string resourceType, long fetched, long deadLetters);

    [LoggerMessage(2003, LogLevel.Warning, "Run {RunId} was interrupted by the database; it is claimed again in {Pause}")]
    private partial void LogInterrupted(Exception e, long runId, TimeSpan pause);

    [LoggerMessage(2004, LogLevel.Information, "Run {RunId} has another owner or has ended; this worker stops")]
    private partial void LogLeaseLost(long runId);

    [LoggerMessage(2005, LogLevel.Information, "Run {RunId} is left by a stopping host; it resumes from its last committed page")]
    private partial void LogStopped(long runId);

    [LoggerMessage(2006, LogLevel.Error, "Run {RunId} failed unexpectedly")]
    private partial void LogDefect(Exception e, long runId);

    [LoggerMessage(2007, LogLevel.Error, "The worker of run {RunId} has a defect")]
    private partial void LogBroken(Exception e, long runId);

    [LoggerMessage(2008, LogLevel.Warning, "Run {RunId} of {Source}/{ResourceType} ended FAILED: {Fetched} fetched, {DeadLetters} dead letters. {Error}")]
    private partial void LogFailed(long runId, string source, string resourceType, long fetched, long deadLetters, string error);
}
