using System.Collections.Concurrent;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Telemetry.Committing;

/// <summary>
/// Makes events durable, one batch after another: what waits when a batch is done is the next one. A batch that the database does not take
/// within its budget goes to the spool, and as long as anything waits there, so does everything that follows.
/// </summary>
/// <remarks>On threads of its own: those of the pool are busy with the requests that wait for it.</remarks>
internal sealed partial class CommitService : IHostedService, IDisposable
{
    private static readonly TimeSpan CatchUpPause = TimeSpan.FromMilliseconds(15);

    private readonly BlockingCollection<CommitRequest> _waiting = [];
    private readonly CommitThread _attempts = new("telemetry commits");
    private readonly EventStore _store;
    private readonly Spool _spool;
    private readonly SpoolDrain _drain;
    private readonly TelemetryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private Task _committing = Task.CompletedTask;

    public CommitService(EventStore store, Spool spool, SpoolDrain drain, IOptions<TelemetryOptions> options, TimeProvider time, ILogger<CommitService> log)
    {
        _store = store;
        _spool = spool;
        _drain = drain;
        _options = options.Value;
        _time = time;
        _log = log;
    }

    /// <summary>Waits until the events are durable, or refused. The order of calls is the order of commits.</summary>
    public Task<EventVerdict[]> CommitAsync(IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects)
    {
        var request = new CommitRequest(events, rejects);
        try
        {
            _waiting.Add(request);
        }
        catch (InvalidOperationException) when (_waiting.IsAddingCompleted)
        {
            request.CompleteAll(EventVerdict.NotKept); // the process is ending
        }

        return request.Done;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _drain.Start();
        _committing = Task.Factory.StartNew(CommitAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.CompleteAdding();
        await _committing.WaitAsync(cancellationToken);
        await _drain.StopAsync();
    }

    public void Dispose()
    {
        _waiting.CompleteAdding();
        _attempts.Dispose();
    }

    private void CommitAll()
    {
        var batch = new List<CommitRequest>();
        while (_waiting.TryTake(out var first, Timeout.Infinite))
        {
            batch.Clear();
            batch.Add(first);
            for (var events = first.Events.Count; events < _options.MaxBatchEvents && _waiting.TryTake(out var request); events += request.Events.Count)
                batch.Add(request);
            try
            {
                CommitBatch(batch);
            }
            catch (Exception e)
            {
                // A fault of this program: those who wait are told the truth, and the next batch has its own chance.
                LogFault(e);
                foreach (var request in batch)
                    request.CompleteAll(EventVerdict.NotKept);
            }
        }
    }

    private void CommitBatch(List<CommitRequest> batch)
    {
        var started = _time.GetTimestamp();
        IReadOnlyList<TelemetryEvent> events = batch.Count == 1 ? batch[0].Events : [.. batch.SelectMany(r => r.Events)];
        IReadOnlyList<Reject> rejects = [.. batch.SelectMany(r => r.Rejects)];
        Task<EventVerdict[]>? attempt = null;
        if (_spool.IsEmpty)
        {
            attempt = _attempts.RunAsync(() => _store.StoreAsync(events, rejects, CancellationToken.None));
            if (EndsInTime(attempt))
            {
                Answer(batch, attempt.Result);
                TelemetryMetrics.Committed("database", _time.GetElapsedTime(started));
                return;
            }
        }

        AnswerFromSpool(batch, events, rejects, attempt);
        TelemetryMetrics.Committed("spool", _time.GetElapsedTime(started));
        // The spool is quicker than the database: senders at full speed would fill it while it is being emptied.
        if (_drain.IsMoving)
            Thread.Sleep(CatchUpPause);
    }

    private void AnswerFromSpool(
        List<CommitRequest> batch, IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects, Task<EventVerdict[]>? attempt)
    {
        var verdict = EventVerdict.Kept;
        try
        {
            if (_spool.Append(events, rejects) is { } position)
            {
                _drain.Wake(attempt, position);
            }
            else
            {
                LogFull(_spool.Bytes);
                verdict = EventVerdict.NotKept;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogDiskFailed(e);
            verdict = EventVerdict.NotKept;
        }

        foreach (var request in batch)
            request.CompleteAll(verdict);
    }

    private static void Answer(List<CommitRequest> batch, EventVerdict[] verdicts)
    {
        if (batch.Count == 1)
        {
            batch[0].Complete(verdicts);
            return;
        }

        var at = 0;
        foreach (var request in batch)
        {
            request.Complete(verdicts[at..(at + request.Events.Count)]);
            at += request.Events.Count;
        }
    }

    /// <summary>False: it failed, or it has not ended within the budget.</summary>
    private bool EndsInTime(Task<EventVerdict[]> attempt)
    {
        try
        {
            if (attempt.Wait(_options.CommitBudget))
                return true;
            LogSlow(_options.CommitBudget);
        }
        catch (AggregateException e)
        {
            // Whatever it is, the events are not in the database, and the sender must not learn of it: that is what the spool is for.
            LogFailed(e.InnerException!);
        }

        return false;
    }

    [LoggerMessage(4111, LogLevel.Warning, "The database took longer than {Budget}; events go to the spool")]
    private partial void LogSlow(TimeSpan budget);

    [LoggerMessage(4112, LogLevel.Warning, "The database does not take events; they go to the spool")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(4113, LogLevel.Error, "The spool is full ({Bytes} bytes): events are turned away until the database takes some")]
    private partial void LogFull(long bytes);

    [LoggerMessage(4115, LogLevel.Error, "A batch could not be kept")]
    private partial void LogFault(Exception e);

    [LoggerMessage(4114, LogLevel.Error, "The spool cannot be written: events are turned away")]
    private partial void LogDiskFailed(Exception e);
}
