using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Interop.Storage.Sqlite;

/// <summary>Read-only connections to one file, kept open between uses.</summary>
internal sealed class SqliteReaders(string path, DatabaseOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.MaxReadConnections, options.MaxReadConnections);
    private readonly ConcurrentStack<SqliteConnection> _idle = new();
    private volatile bool _disposed;

    /// <exception cref="DatabaseBusyException">All connections were in use during the whole connect timeout.</exception>
    public async Task<SqliteConnection> RentAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!await _free.WaitAsync(options.ConnectTimeout, cancellationToken))
            throw new DatabaseBusyException(
                $"All {options.MaxReadConnections} connections for reading were in use for {options.ConnectTimeout}: "
                    + $"raise {nameof(options.MaxReadConnections)}, or find the work that holds them"
            );
        try
        {
            return _idle.TryPop(out var idle) ? idle : Open();
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    public void Return(SqliteConnection reader, bool healthy)
    {
        if (healthy && !_disposed)
            _idle.Push(reader);
        else
            reader.Dispose();
        _free.Release();
        // Dispose may have run meanwhile and missed this connection.
        if (_disposed)
            CloseIdle();
    }

    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryPop(out var idle))
            idle.Dispose();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadOnly,
                Cache = SqliteCacheMode.Private,
                Pooling = false,
                DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds)),
            }.ConnectionString
        );
        try
        {
            connection.Open();
            SqliteWriter.Execute(connection, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
