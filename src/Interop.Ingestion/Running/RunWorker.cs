using Interop.Fhir.Client;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;
using Interop.Storage.Files;
using Interop.Storage.Leases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Running;

/// <summary>
/// Executes one run to its end, outside the grain's turns. While another process owns the run, the worker follows it in the database and
/// claims it when that process is silent. When the database goes away it claims the run again and resumes it from its last committed page.
/// </summary>
internal sealed partial class RunWorker(
    long runId,
    RunPipeline pipeline,
    ViewRebuild rebuild,
    RunExporter exporter,
    Database database,
    ProcessIdentity process,
    IOptions<LeaseOptions> leases,
    TimeProvider time,
    ILogger<RunWorker> log
) : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterInterruption = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private RunRecord _run = new() { RunId = runId };
    private bool _mayReplaceOwn = true;
    private bool _watches;
    private bool _isCancelled;

    /// <summary>The run's progress as it changes.</summary>
    public ProgressFeed Progress { get; } = new();

    /// <summary>Completes when the run has ended, or this worker has stopped working on it.</summary>
    public Task Completion => _work;

    /// <summary>Starts the work in the background.</summary>
    public void Start() => _work = Task.Run(WorkAsync);

    /// <summary>Stops because the run was cancelled.</summary>
    public ValueTask StopCancelledAsync()
    {
        _isCancelled = true;
        return DisposeAsync();
    }

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
            while (await ClaimAndExecuteAsync() is { } pause)
                await Task.Delay(pause, time, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            if (_isCancelled)
                LogCancelled(runId, _run.Source, _run.ResourceType, _run.Fetched);
            else
                await ReleaseAsync();
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

    /// <summary>Claims the run and executes it. Null when the run has ended, else the time to wait before the next try.</summary>
    private async Task<TimeSpan?> ClaimAndExecuteAsync()
    {
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            var claim = new RunClaim(process, _mayReplaceOwn, leases.Value.SilentAfter);
            if (
                await database.WriteAsync((session, token) => RunStore.ClaimAsync(session, runId, claim, token), _stop.Token) is not { } run
            )
                return await WatchAsync();

            _run = run;
            _watches = false;
            Progress.Publish(run.Progress);
            LogClaimed(runId, run.Source, run.ResourceType, run.Epoch, run.Cursor);
            await ExecuteUnderLeaseAsync();
            return null;
        }
        catch (LeaseLostException)
        {
            // A worker of this process has replaced this one: do not take the run back from it.
            _mayReplaceOwn = false;
            return await WatchAsync();
        }
        catch (DatabaseException e)
        {
            Progress.PublishWaiting(
                e is DatabaseFullException ? "the database has no room for more data" : "the database does not take the run's writes"
            );
            LogInterrupted(e, runId, PauseAfterInterruption);
            return PauseAfterInterruption;
        }
    }

    /// <summary>Publishes the state that another owner wrote. Null when the run has ended.</summary>
    private async Task<TimeSpan?> WatchAsync()
    {
        if (await database.ReadAsync((session, token) => RunStore.FindAsync(session, runId, token), _stop.Token) is not { } run)
            return null;
        Progress.Publish(run.Progress);
        if (!run.IsActive)
        {
            if (run.Status == RunStatus.Cancelled && !_watches)
                LogCancelled(runId, run.Source, run.ResourceType, run.Fetched);
            return null;
        }

        if (!_watches)
            LogWatching(runId, run.Owner is { } owner ? ProcessIdentity.Parse(owner)?.Description ?? owner : "no process");
        _watches = true;
        return WatchInterval;
    }

    /// <summary>Executes the run and renews its lease meanwhile.</summary>
    /// <exception cref="LeaseLostException">The run has another owner or has ended.</exception>
    private async Task ExecuteUnderLeaseAsync()
    {
        var claimed = _run;
        var waits = new RunWaits(time, LogRetry);
        var changed = waits.Changed;
        var keeper = new LeaseKeeper(RenewAsync, leases.Value.Heartbeat, tolerance: null, time, reason => LogNotRenewed(runId, reason))
        {
            Early = () => changed,
        };
        if (!await keeper.RunAsync(cancellationToken => ExecuteAsync(waits, cancellationToken), _stop.Token))
            throw new LeaseLostException(runId);

        Task<bool> RenewAsync(CancellationToken cancellationToken)
        {
            changed = waits.Changed; // before the description, so that no change is missed
            var run = claimed with
            {
                Waiting = waits.Describe(),
                Retries = claimed.Retries + waits.Retries,
                ResourcesPerSecond = _run.ResourcesPerSecond,
            };
            Progress.PublishWaiting(run.Waiting);
            return database.WriteAsync((session, token) => RunStore.RenewAsync(session, run, token), cancellationToken);
        }
    }

    /// <summary>A stopping worker gives the lease back, so that the next process resumes the run at once.</summary>
    private async Task ReleaseAsync()
    {
        LogStopped(runId);
        if (_run.Epoch == 0)
            return;
        using var timeout = new CancellationTokenSource(ReleaseTimeout, time);
        try
        {
            await database.WriteAsync((session, token) => RunStore.ReleaseAsync(session, _run, token), timeout.Token);
        }
        catch (Exception e) when (e is DatabaseException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotReleased(runId, e.Message);
        }
    }

    private async Task ExecuteAsync(RunWaits waits, CancellationToken cancellationToken)
    {
        var retriesBefore = _run.Retries;
        RunEnd end;
        string? logError = null; // without the words of the server, which may name a patient
        try
        {
            string? exportPath = null;
            if (_run.IsViewRebuild)
            {
                await rebuild.ExecuteAsync(_run, run => Advance(run, waits), cancellationToken);
            }
            else
            {
                await pipeline.ExecuteAsync(_run, waits, run => Advance(run, waits), cancellationToken);
                exportPath = await exporter.WriteRunAsync(_run, cancellationToken);
            }

            end = new RunEnd(RunStatus.Success, ExportPath: exportPath);
        }
        catch (FhirRequestException e)
        {
            end = Failed(RunFailure.Upstream, $"{IngestionException.UpstreamPrefix}{e.Message}");
            logError = $"{IngestionException.UpstreamPrefix}{e.LogMessage}";
        }
        catch (IngestionException e)
        {
            end = Failed(e.Failure, e.Message);
            logError = e.LogMessage;
        }
        catch (IOException e)
        {
            end = Failed(
                DiskFull.IsReason(e) ? RunFailure.StorageFull : RunFailure.Internal,
                $"The run's files could not be written: {e.Message}"
            );
        }
        catch (DatabaseFullException e)
        {
            end = Failed(RunFailure.StorageFull, e.Message);
        }
        catch (Exception e) when (e is not (DatabaseException or LeaseLostException or OperationCanceledException))
        {
            LogDefect(e, runId);
            end = Failed(RunFailure.Internal, $"Unexpected {e.GetType().Name}: {e.Message}");
            logError = $"Unexpected {e.GetType().Name}";
        }

        _run = _run with { Retries = retriesBefore + waits.Retries };
        await FinishAsync(end, logError ?? end.Error, cancellationToken);
    }

    private static RunEnd Failed(string failure, string error) => new(RunStatus.Failed, error, failure);

    private async Task FinishAsync(RunEnd end, string? logError, CancellationToken cancellationToken)
    {
        var ended = await database.WriteAsync(
            async (session, token) =>
            {
                if (end.Status != RunStatus.Success && _run.IsViewRebuild)
                    await ViewChanges.AbandonAsync(session, runId, token);
                return await RunStore.FinishAsync(session, _run, end, time.GetUtcNow(), token)
                    ?? throw await RunStore.RefusalAsync(session, _run, token);
            },
            cancellationToken
        );
        IngestionMetrics.RunEnded(ended);
        if (logError is null)
            LogSucceeded(runId, ended.Source, ended.ResourceType, ended.Fetched, ended.DeadLetters);
        else
            LogFailed(runId, ended.Source, ended.ResourceType, ended.Fetched, ended.DeadLetters, logError);
        Progress.Publish(ended.Progress);
    }

    private void Advance(RunRecord advanced, RunWaits waits)
    {
        IngestionMetrics.PagesLoaded(_run, advanced);
        _run = advanced;
        Progress.Publish(advanced.Progress with { Waiting = waits.Describe() });
    }

    private void LogRetry(FhirRetry retry) =>
        LogRetry(runId, retry.Attempt, retry.MaxAttempts, retry.Delay.TotalSeconds, retry.Failure.LogMessage);

    [LoggerMessage(2001, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} claimed, epoch {Epoch}, cursor {Cursor}")]
    private partial void LogClaimed(long runId, string source, string resourceType, long epoch, DateTimeOffset? cursor);

    [LoggerMessage(
        2002,
        LogLevel.Information,
        "Run {RunId} of {Source}/{ResourceType} ended SUCCESS: {Fetched} fetched, {DeadLetters} dead letters"
    )]
    private partial void LogSucceeded(long runId, string source, string resourceType, long fetched, long deadLetters);

    [LoggerMessage(2003, LogLevel.Warning, "Run {RunId} was interrupted by the database; it is claimed again in {Pause}")]
    private partial void LogInterrupted(Exception e, long runId, TimeSpan pause);

    [LoggerMessage(2004, LogLevel.Information, "Run {RunId} is owned by {Owner}; this worker follows it")]
    private partial void LogWatching(long runId, string owner);

    [LoggerMessage(2005, LogLevel.Information, "Run {RunId} is left by a stopping host; it resumes from its last committed page")]
    private partial void LogStopped(long runId);

    [LoggerMessage(2006, LogLevel.Error, "Run {RunId} failed unexpectedly")]
    private partial void LogDefect(Exception e, long runId);

    [LoggerMessage(2007, LogLevel.Error, "The worker of run {RunId} has a defect")]
    private partial void LogBroken(Exception e, long runId);

    [LoggerMessage(
        2008,
        LogLevel.Warning,
        "Run {RunId} of {Source}/{ResourceType} ended FAILED: {Fetched} fetched, {DeadLetters} dead letters. {Error}"
    )]
    private partial void LogFailed(long runId, string source, string resourceType, long fetched, long deadLetters, string error);

    [LoggerMessage(2009, LogLevel.Information, "Run {RunId} of {Source}/{ResourceType} was cancelled: {Fetched} fetched")]
    private partial void LogCancelled(long runId, string source, string resourceType, long fetched);

    [LoggerMessage(2012, LogLevel.Warning, "Run {RunId} waits: try {Attempt} of {MaxAttempts} follows after {Seconds:0.0} s. {Reason}")]
    private partial void LogRetry(long runId, int attempt, int maxAttempts, double seconds, string reason);

    [LoggerMessage(2010, LogLevel.Warning, "The lease of run {RunId} was not renewed: {Reason}")]
    private partial void LogNotRenewed(long runId, string reason);

    [LoggerMessage(2011, LogLevel.Warning, "The lease of run {RunId} was not released: {Reason}")]
    private partial void LogNotReleased(long runId, string reason);
}
