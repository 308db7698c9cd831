using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;

namespace Interop.Telemetry.Committing;

/// <summary>
/// The requests that wait, and the decision which thread takes the next batch: the database's thread while the spool is empty and the
/// current transaction is within its budget, else the spool's thread.
/// </summary>
/// <param name="spool">The spool. While it holds events, new ones follow them.</param>
/// <param name="options">The budget of a transaction and the size of a batch.</param>
/// <param name="time">The clock of the budget.</param>
/// <param name="databaseWork">Wakes the database's thread.</param>
/// <param name="spoolWork">Wakes the spool's thread.</param>
internal sealed class CommitQueue(
    Spool spool,
    TelemetryOptions options,
    TimeProvider time,
    AutoResetEvent databaseWork,
    AutoResetEvent spoolWork
)
{
    private const long MaxWaitingBytes = 128L * 1024 * 1024;
    private const long MaxBatchBytes = 8L * 1024 * 1024;
    private static readonly TimeSpan WatchAfterBatch = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan StopCheck = TimeSpan.FromMilliseconds(15);

    private readonly Lock _gate = new();
    private readonly Queue<CommitRequest> _waiting = new();

    private long _waitingBytes;
    private long _lastBatchAt;
    private CommitBatch? _inDatabase; // the batch of the current transaction, while its requests are not answered
    private bool _isLate; // the current transaction is beyond its budget, and the spool has its batch
    private bool _isSpooling; // a batch has left the queue and is not in the spool yet
    private bool _isWatching; // the spool's thread looks at the budget by itself
    private bool _isStopped;

    /// <returns>False: there is no room, or the process is stopping.</returns>
    public bool Enqueue(CommitRequest request)
    {
        lock (_gate)
        {
            if (_isStopped || _waitingBytes + request.Bytes > MaxWaitingBytes)
                return false;
            _waitingBytes += request.Bytes;
            _waiting.Enqueue(request);
        }

        databaseWork.Set();
        if (!spool.IsEmpty || _isLate)
            spoolWork.Set();
        return true;
    }

    /// <summary>The next batch for the database; null when there is none, or when it is the spool's turn.</summary>
    public CommitBatch? NextForDatabase()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 || _isSpooling || !spool.IsEmpty)
                return null;
            _inDatabase = TakeBatch();
            if (!_isWatching)
            {
                _isWatching = true;
                spoolWork.Set();
            }

            return _inDatabase;
        }
    }

    /// <summary>The transaction of a batch has ended. Returns whether its requests are unanswered. False: it was late, and the spool's
    /// thread has taken it.</summary>
    public bool EndTransaction(CommitBatch batch)
    {
        lock (_gate)
        {
            _isLate = false;
            if (_inDatabase != batch)
                return false;
            _inDatabase = null;
            return true;
        }
    }

    /// <summary>The next batch for the spool: that of the late transaction, or a new one. Null when there is none.</summary>
    /// <param name="databaseEnded">Whether the database's thread has ended.</param>
    /// <param name="wait">If there is nothing to append: how long until this can change by itself. Zero: there will be nothing any
    /// more.</param>
    public CommitBatch? NextForSpool(bool databaseEnded, out TimeSpan wait)
    {
        wait = Timeout.InfiniteTimeSpan;
        lock (_gate)
        {
            if (_inDatabase is { } current)
            {
                wait = options.CommitBudget - time.GetElapsedTime(current.StartedAt);
                if (wait >= ShortestWait)
                    return null;
                _inDatabase = null;
                _isLate = true;
                _isSpooling = true;
                current.IsLate = true;
                return current;
            }

            if (_waiting.Count > 0 && (_isLate || !spool.IsEmpty))
            {
                _isSpooling = true;
                return TakeBatch();
            }

            if (_isStopped)
            {
                wait = _waiting.Count == 0 || databaseEnded ? TimeSpan.Zero : StopCheck;
                return null;
            }

            // Watch for some time after the last batch, so that the next one need not wake this thread.
            _isWatching = time.GetElapsedTime(_lastBatchAt) < WatchAfterBatch;
            if (_isWatching)
                wait = options.CommitBudget;
            return null;
        }
    }

    /// <summary>The batch that the spool's thread took is in the spool, or was refused.</summary>
    public void EndSpooling()
    {
        lock (_gate)
            _isSpooling = false;
        databaseWork.Set();
    }

    /// <summary>Refuses further requests. Both threads take what is waiting.</summary>
    public void Stop()
    {
        lock (_gate)
            _isStopped = true;
    }

    /// <summary>Answers the requests that neither thread took.</summary>
    public void RefuseWaiting()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var request))
                request.CompleteAll(EventVerdict.NotKept);
        }
    }

    private CommitBatch TakeBatch()
    {
        var requests = new List<CommitRequest>();
        for (
            var (events, bytes) = (0, 0L);
            _waiting.TryPeek(out var next)
                && (requests.Count == 0 || (events < options.MaxBatchEvents && bytes + next.Bytes <= MaxBatchBytes));

        )
        {
            requests.Add(_waiting.Dequeue());
            events += next.Events.Count;
            bytes += next.Bytes;
            _waitingBytes -= next.Bytes;
        }

        return new CommitBatch(requests, _lastBatchAt = time.GetTimestamp());
    }
}
