using System.Data;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>A connection with its stage tables and prepared statements, which exist as long as the connection.</summary>
internal sealed class HeldConnection(NpgsqlConnection connection, bool blocks) : IAsyncDisposable
{
    private bool _abandoned;

    public NpgsqlConnection Connection { get; } = connection;

    public PostgresBulkUpsert BulkUpsert { get; } = new(connection, blocks);

    /// <summary>See <see cref="DatabaseOptions.WritesBlock"/>.</summary>
    public bool Blocks { get; } = blocks;

    public long IdleSince { get; set; }

    public bool IsLost => _abandoned || (Connection.FullState & (ConnectionState.Open | ConnectionState.Broken)) != ConnectionState.Open;

    public void Abandon() => _abandoned = true;

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}

/// <summary>A limited number of open connections. The one that was used last is used next, so that those not needed become idle and are
/// closed.</summary>
internal sealed class HeldConnections(NpgsqlDataSource source, bool readOnly, int max, DatabaseOptions options, TimeProvider time)
    : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(max, max);
    private readonly Lock _gate = new();
    private readonly List<HeldConnection> _idle = [];
    private readonly string _sessionSql = SessionSql(readOnly, options);
    private bool _disposed;

    /// <exception cref="DatabaseBusyException">All connections were in use during the whole connect timeout.</exception>
    public async Task<HeldConnection> RentAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!await _free.WaitAsync(options.ConnectTimeout, cancellationToken))
            throw new DatabaseBusyException(
                $"All {max} connections for {(readOnly ? "reading" : "writing")} were in use for {options.ConnectTimeout}: "
                    + $"raise {(readOnly ? nameof(options.MaxReadConnections) : nameof(options.MaxWriteConnections))}, or find the work that holds them"
            );
        try
        {
            return TakeIdle() ?? await ConnectAsync(cancellationToken);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    public async Task ReturnAsync(HeldConnection held)
    {
        List<HeldConnection> toClose = [];
        lock (_gate)
        {
            if (held.IsLost || _disposed)
            {
                toClose.Add(held);
            }
            else
            {
                held.IdleSince = time.GetTimestamp();
                _idle.Add(held);
            }
            // The list is in the order of return, so the connection that is idle longest comes first.
            var old = _idle.TakeWhile(idle => time.GetElapsedTime(idle.IdleSince) > options.IdleConnectionLifetime).Count();
            toClose.AddRange(_idle.Take(old));
            _idle.RemoveRange(0, old);
        }
        _free.Release();
        foreach (var closing in toClose)
            await closing.DisposeAsync();
    }

    public async Task CloseIdleAsync()
    {
        List<HeldConnection> toClose;
        lock (_gate)
        {
            toClose = [.. _idle];
            _idle.Clear();
        }
        foreach (var closing in toClose)
            await closing.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await CloseIdleAsync();
    }

    private HeldConnection? TakeIdle()
    {
        lock (_gate)
        {
            if (_idle.Count == 0)
                return null;
            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    private async Task<HeldConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var blocks = !readOnly && options.WritesBlock;
        var connection = blocks ? source.OpenConnection() : await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand(_sessionSql, connection);
            if (blocks)
                command.ExecuteNonQuery();
            else
                await command.ExecuteNonQueryAsync(cancellationToken);
            return new HeldConnection(connection, blocks);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // The server must notice a process that is frozen or unreachable, end its transaction and release its locks: the idle limit for a
    // frozen process, keepalives and the user timeout for a lost network. A reader has no user timeout, since its client may read slowly.
    private static string SessionSql(bool readOnly, DatabaseOptions options) =>
        string.Join(
            "; ",
            (string[])
                [
                    $"SET idle_in_transaction_session_timeout = {Milliseconds(readOnly ? options.IdleInReadTimeout : options.IdleInWriteTimeout)}",
                    $"SET lock_timeout = {Milliseconds(options.LockTimeout)}",
                    "SET tcp_keepalives_idle = 10",
                    "SET tcp_keepalives_interval = 5",
                    "SET tcp_keepalives_count = 3",
                    readOnly
                        ? "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
                        : $"SET tcp_user_timeout = {Milliseconds(options.IdleInWriteTimeout)}",
                ]
        );

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;
}
