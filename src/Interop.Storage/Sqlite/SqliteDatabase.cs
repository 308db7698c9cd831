using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Interop.Storage.Sqlite;

/// <summary>A SQLite file in WAL mode: one connection writes, in the order of the calls; others read without waiting for it.</summary>
internal sealed class SqliteDatabase : Database
{
    private static readonly TimeSpan FirstBusyDelay = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan MaxBusyDelay = TimeSpan.FromMilliseconds(100);

    private readonly WriteQueue _queue;
    private readonly SqliteReaders _readers;
    private readonly SqliteFailures _failures;
    private readonly string _path;
    private SqliteWriter? _writer;
    private volatile bool _fileIsReady;
    private bool _disposed;

    public SqliteDatabase(string path, DatabaseOptions options, TimeProvider time, ILoggerFactory? loggers)
        : base(options, time, loggers)
    {
        Batteries_V2.Init();
        _path = path;
        _queue = WriteQueue.Of(_path);
        _readers = new SqliteReaders(_path, options);
        _failures = new SqliteFailures(_path, options);
    }

    public override SqlDialect Dialect => SqlDialect.Sqlite;

    public override string Location => $"SQLite file {_path}";

    public override FailureKind Classify(Exception e) => SqliteFailures.Classify(e);

    public override async ValueTask DisposeAsync()
    {
        await _queue.EnterAsync(CancellationToken.None);
        try
        {
            _disposed = true;
            _readers.Dispose();
            _writer?.Dispose();
            _writer = null;
        }
        finally
        {
            _queue.Leave();
        }
    }

    private protected override DatabaseException? Explain(Exception e, bool write) => _failures.Explain(e, write);

    private protected override Task<T> AttemptAsync<T>(
        bool write,
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    ) => write ? WriteAttemptAsync(work, attempt, cancellationToken) : ReadAttemptAsync(work, attempt, cancellationToken);

    private async Task<T> WriteAttemptAsync<T>(
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    )
    {
        await _queue.EnterAsync(cancellationToken);
        try
        {
            var writer = await OpenWriterAsync(cancellationToken);
            await UntilNotBusyAsync(writer.Begin, cancellationToken);
            try
            {
                var session = new DbSession(SqlDialect.Sqlite, writer.Connection, null, attempt, Options.CommandTimeout, writer.BulkUpsert);
                T result;
                try
                {
                    result = await work(session, cancellationToken);
                }
                finally
                {
                    session.End();
                }
                writer.Commit();
                return result;
            }
            finally
            {
                if (!SqliteWriter.RollBackUnlessEnded(writer.Connection))
                    DropWriter();
            }
        }
        finally
        {
            _queue.Leave();
        }
    }

    private async Task<T> ReadAttemptAsync<T>(
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    )
    {
        if (!_fileIsReady)
            await MakeFileReadyAsync(cancellationToken);
        var reader = await _readers.RentAsync(cancellationToken);
        try
        {
            SqliteWriter.Execute(reader, "BEGIN");
            var session = new DbSession(SqlDialect.Sqlite, reader, null, attempt, Options.CommandTimeout, NoBulkUpsert.Instance);
            try
            {
                return await work(session, cancellationToken);
            }
            finally
            {
                session.End();
            }
        }
        finally
        {
            _readers.Return(reader, healthy: SqliteWriter.RollBackUnlessEnded(reader));
        }
    }

    // A reader can open only a file that exists and is in WAL mode; the writer creates it so.
    private async Task MakeFileReadyAsync(CancellationToken cancellationToken)
    {
        await _queue.EnterAsync(cancellationToken);
        try
        {
            await OpenWriterAsync(cancellationToken);
        }
        finally
        {
            _queue.Leave();
        }
    }

    private async Task<SqliteWriter> OpenWriterAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writer is null)
        {
            await UntilNotBusyAsync(() => _writer = SqliteWriter.Open(_path, Options), cancellationToken);
            _fileIsReady = true;
        }
        return _writer!;
    }

    private void DropWriter()
    {
        _writer?.Dispose();
        _writer = null;
        // The last connection removes the log when it closes, and no reader can open the file without it.
        _fileIsReady = false;
    }

    /// <summary>Waits while another process holds the file. SQLite's own busy handler would block a thread.</summary>
    private async Task UntilNotBusyAsync(Action act, CancellationToken cancellationToken)
    {
        var start = Time.GetTimestamp();
        for (var delay = FirstBusyDelay; ; delay = delay * 2 < MaxBusyDelay ? delay * 2 : MaxBusyDelay)
        {
            try
            {
                act();
                return;
            }
            catch (SqliteException e) when (SqliteFailures.Classify(e) == FailureKind.Conflict)
            {
                if (Time.GetElapsedTime(start) >= Options.BusyTimeout)
                    throw _failures.Busy(e);
            }
            await Task.Delay(delay, Time, cancellationToken);
        }
    }

    /// <summary>Refuses a bulk write inside a read. SQLite itself refuses every other write there.</summary>
    private sealed class NoBulkUpsert : BulkUpsert
    {
        public static NoBulkUpsert Instance { get; } = new();

        public override Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken cancellationToken) =>
            throw new DatabaseReadOnlyException($"A write to table {rows.Shape.Name} inside a read: use WriteAsync");

        public override void RolledBackToSavepoint() { }
    }
}
