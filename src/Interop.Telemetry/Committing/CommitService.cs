using System.Collections.Immutable;
using Interop.Storage.Spooling;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Telemetry.Committing;

/// <summary>
/// The writer of telemetry, one per process. Requests that arrive while a batch is committed form the next batch. If the database does not
/// take a batch within its budget, the batch goes to the spool, and so does everything after it until the spool is empty again.
/// </summary>
/// <remarks>
/// Two threads, because a thread of the pool would wait behind the requests that wait for it: one is the only writer of the database, and
/// the other appends to the spool what the first cannot take in time.
/// </remarks>
internal sealed partial class CommitService : IHostedService, IDisposable
{
    private const long BacklogBytes = 4L * 1024 * 1024;
    private const int MaxDrainedRecords = 2_000;
    private const string TooLong = "body longer than 1 MiB";
    private static readonly TimeSpan CatchUpPause = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly AutoResetEvent _databaseWork = new(false);
    private readonly AutoResetEvent _spoolWork = new(false);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CommitQueue _queue;
    private readonly BatchWriter _writer;
    private readonly Spool _spool;
    private readonly TelemetryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private volatile bool _isDraining;
    private Task _databaseThread = Task.CompletedTask;
    private Task _spoolThread = Task.CompletedTask;

    /// <exception cref="IOException">The folder of the spool cannot be used, or another process uses it.</exception>
    public CommitService(TelemetryDatabase telemetry, IOptions<TelemetryOptions> options, TimeProvider time, ILoggerFactory loggers)
        : this(
            new BatchWriter(telemetry, options.Value, time),
            new Spool(options.Value, loggers.CreateLogger<Spool>()),
            options.Value,
            time,
            loggers.CreateLogger<CommitService>()
        ) { }

    internal CommitService(BatchWriter writer, Spool spool, TelemetryOptions options, TimeProvider time, ILogger log)
    {
        _queue = new CommitQueue(spool, options, time, _databaseWork, _spoolWork);
        _writer = writer;
        _spool = spool;
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>Takes bodies in the order in which they were received. Completes when the accepted events are durable.</summary>
    public async Task<ImmutableArray<SubmissionOutcome>> AcceptAsync(ImmutableArray<Submission> submissions)
    {
        var now = _time.GetUtcNow();
        var request = new CommitRequest();
        var bodies = new ParsedBody[submissions.Length];
        for (var i = 0; i < submissions.Length; i++)
        {
            var body = submissions[i].Body;
            bodies[i] = submissions[i].IsTooLong ? ParsedBody.RefusedAsAWhole(TooLong, body) : EventParser.Parse(body, now);
            request.Add(bodies[i], body.Length);
        }

        if (!_queue.Enqueue(request))
            request.CompleteAll(EventVerdict.NotKept);
        var verdicts = await request.Done;
        var outcomes = ImmutableArray.CreateBuilder<SubmissionOutcome>(bodies.Length);
        var at = 0;
        foreach (var body in bodies)
        {
            outcomes.Add(body.Outcome(verdicts.AsSpan(at, body.Events.Count)));
            at += body.Events.Count;
        }

        return outcomes.MoveToImmutable();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _databaseThread = Task.Factory.StartNew(
            WriteToDatabase,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        _spoolThread = Task.Factory.StartNew(WriteToSpool, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    /// <summary>Makes durable what has arrived. What is in the spool stays there for the next process.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Stop();
        await _stopping.CancelAsync();
        _databaseWork.Set();
        _spoolWork.Set();
        _abort.CancelAfter(StopGrace);
        await _spoolThread.WaitAsync(cancellationToken);
        try
        {
            await _databaseThread.WaitAsync(2 * StopGrace, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogStillWriting(2 * StopGrace);
        }

        _queue.RefuseWaiting(); // the spool failed as well
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _abort.Cancel();
        _spool.Dispose();
    }

    /// <summary>The thread that writes to the database: new batches, or the oldest frames of the spool while there are any.</summary>
    private void WriteToDatabase()
    {
        var wait = FirstWait;
        while (true)
        {
            if (_queue.NextForDatabase() is { } batch)
            {
                Commit(batch);
            }
            else if (_stopping.IsCancellationRequested)
            {
                _spoolWork.Set();
                return;
            }
            else if (_spool.IsEmpty)
            {
                _isDraining = false;
                _databaseWork.WaitOne();
            }
            else if (_isDraining = DrainOnce())
            {
                wait = FirstWait;
            }
            else
            {
                _stopping.Token.WaitHandle.WaitOne(wait);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }
    }

    private void Commit(CommitBatch batch)
    {
        EventVerdict[]? verdicts = null;
        try
        {
            verdicts = Store(batch.Events, batch.Rejects);
        }
        catch (Exception e)
        {
            // Whatever it is, the events are not in the database. The spool takes them, and the sender need not know.
            LogFailed(e);
        }

        if (_queue.EndTransaction(batch))
        {
            if (verdicts is null)
            {
                AppendToSpool(batch);
                _spoolWork.Set();
                return;
            }

            batch.Answer(verdicts);
            TelemetryMetrics.Committed("database", _time.GetElapsedTime(batch.StartedAt));
        }
        else if (batch.Spooled.GetAwaiter().GetResult() is { } position && verdicts is not null)
        {
            _spool.Release(position.Segment, position.End); // the spool's copy is not needed
            CountReused(verdicts);
        }
    }

    /// <returns>False if the database did not take the oldest frames of the spool.</returns>
    private bool DrainOnce()
    {
        try
        {
            if (_spool.Read(MaxDrainedRecords) is not { } chunk)
                return true;
            var verdicts = Store(chunk.Events, chunk.Rejects);
            _spool.Release(chunk.Segment, chunk.End);
            CountReused(verdicts);
            return true;
        }
        catch (Exception e)
        {
            if (!_stopping.IsCancellationRequested)
                LogNotDrained(e);
            return false;
        }
    }

    private EventVerdict[] Store(IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects) =>
        _writer.StoreAsync(events, rejects, _abort.Token).GetAwaiter().GetResult(); // WritesBlock: it runs on this thread

    /// <summary>The thread that appends to the spool: a batch whose transaction is late, and everything that arrives until the spool is
    /// empty.</summary>
    private void WriteToSpool()
    {
        while (true)
        {
            if (_queue.NextForSpool(_databaseThread.IsCompleted, out var wait) is { } batch)
            {
                if (batch.IsLate)
                    LogSlow(_options.CommitBudget);
                AppendToSpool(batch);
                _queue.EndSpooling();
                // The spool is faster than the database. Without a pause senders at full speed would fill it while it is drained.
                if (_isDraining && _spool.Bytes > BacklogBytes)
                    _stopping.Token.WaitHandle.WaitOne(CatchUpPause);
            }
            else if (wait == TimeSpan.Zero)
            {
                return;
            }
            else
            {
                _spoolWork.WaitOne(wait);
            }
        }
    }

    private void AppendToSpool(CommitBatch batch)
    {
        SpoolPosition? position = null;
        try
        {
            position = _spool.Append(batch.Events, batch.Rejects);
            if (position is null)
                LogFull(_spool.Bytes);
        }
        catch (Exception e)
        {
            LogDiskFailed(e);
        }

        batch.AnswerFromSpool(position);
        TelemetryMetrics.Committed("spool", _time.GetElapsedTime(batch.StartedAt));
    }

    /// <summary>These events were accepted while the database could not be asked. They are among the rejects now.</summary>
    private void CountReused(EventVerdict[] verdicts)
    {
        var reused = verdicts.Count(v => v != EventVerdict.Kept);
        TelemetryMetrics.Count("reused", reused);
        if (reused > 0)
            LogReused(reused);
    }

    [LoggerMessage(4111, LogLevel.Warning, "The database took longer than {Budget}; events go to the spool")]
    private partial void LogSlow(TimeSpan budget);

    [LoggerMessage(4112, LogLevel.Warning, "The database does not take events; they go to the spool")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(4113, LogLevel.Error, "The spool is full ({Bytes} bytes): events are refused with 503 until the database takes some")]
    private partial void LogFull(long bytes);

    [LoggerMessage(4114, LogLevel.Error, "The spool cannot be written: events are refused with 503")]
    private partial void LogDiskFailed(Exception e);

    [LoggerMessage(4115, LogLevel.Warning, "The database has not ended its transaction {Wait} after the stop; the spool has the events")]
    private partial void LogStillWriting(TimeSpan wait);

    [LoggerMessage(4121, LogLevel.Warning, "The spool could not be drained; the next attempt follows")]
    private partial void LogNotDrained(Exception e);

    [LoggerMessage(
        4123,
        LogLevel.Warning,
        "{Count} spooled events have the id of another event, or the database refuses them: they are among the rejects"
    )]
    private partial void LogReused(int count);
}
