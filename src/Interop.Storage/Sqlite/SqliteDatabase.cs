using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Interop.Storage.Sqlite;

/// <summary>A SQLite file in WAL mode: one connection that writes, in the order of asking, and others that read without waiting for it.</summary>
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

    public SqliteDatabase(DatabaseOptions options, TimeProvider time, ILoggerFactory? loggers)
        : base(options, time, loggers)
    {
        Batteries_V2.Init();
        _path = ConnectionText.ReadSqlitePath(options.Connection);
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
        bool write, Func<DbSession, CancellationToken, Task<T>> work, Attempt attempt, CancellationToken ct) =>
        write ? WriteAttemptAsync(work, attempt, ct) : ReadAttemptAsync(work, attempt, ct);

    private async Task<T> WriteAttemptAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, Attempt attempt, CancellationToken ct)
    {
        await _queue.EnterAsync(ct);
        try
        {
            var writer = await OpenWriterAsync(ct);
            await UntilNotBusyAsync(writer.Begin, ct);
            try
            {
                var session = new DbSession(SqlDialect.Sqlite, writer.Connection, null, attempt, Options.CommandTimeout, writer.BulkUpsert);
                T result;
                try
                {
                    result = await work(session, ct);
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

    private async Task<T> ReadAttemptAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, Attempt attempt, CancellationToken ct)
    {
        if (!_fileIsReady)
            await MakeFileReadyAsync(ct);
        var reader = await _readers.RentAsync(ct);
        try
        {
            SqliteWriter.Execute(reader, "BEGIN");
            var session = new DbSession(SqlDialect.Sqlite, reader, null, attempt, Options.CommandTimeout, NoBulkUpsert.Instance);
            try
            {
                return await work(session, ct);
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

    // A reader can only open a file that is there and in WAL mode already; the writer sees to both.
    private async Task MakeFileReadyAsync(CancellationToken ct)
    {
        await _queue.EnterAsync(ct);
        try
        {
            await OpenWriterAsync(ct);
        }
        finally
        {
            _queue.Leave();
        }
    }

    private async Task<SqliteWriter> OpenWriterAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writer is null)
        {
            await UntilNotBusyAsync(() => _writer = SqliteWriter.Open(_path, Options), ct);
            _fileIsReady = true;
        }
        return _writer!;
    }

    private void DropWriter()
    {
        _writer?.Dispose();
        _writer = null;
        // The last connection takes the log with it, without which no reader can open the file.
        _fileIsReady = false;
    }

    /// <summary>Another process holds the file: asks again without blocking a thread, as SQLite's own busy handler would.</summary>
    private async Task UntilNotBusyAsync(Action act, CancellationToken ct)
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
            await Task.Delay(delay, Time, ct);
        }
    }

    /// <summary>A read has no table to write to; SQLite says so itself for any other statement.</summary>
    private sealed class NoBulkUpsert : BulkUpsert
    {
        public static NoBulkUpsert Instance { get; } = new();

        public override Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken ct) =>
            throw new DatabaseReadOnlyException($"A write to table {rows.Shape.Name} inside a read: use WriteAsync");

        public override void RolledBackToSavepoint()
        {
        }
    }
}
