using System.Data;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>A connection with what was made on it: stage tables and prepared statements, which end with it.</summary>
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

/// <summary>At most so many open connections; the one used last is used next, those idle for long are closed.</summary>
internal sealed class HeldConnections(NpgsqlDataSource source, bool readOnly, int max, DatabaseOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(max, max);
    private readonly Lock _gate = new();
    private readonly List<HeldConnection> _idle = [];
    private bool _disposed;

    /// <exception cref="DatabaseBusyException">All were in use for the whole connect timeout.</exception>
    public async Task<HeldConnection> RentAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!await _free.WaitAsync(options.ConnectTimeout, ct))
            throw new DatabaseBusyException(
                $"All {max} connections for {(readOnly ? "reading" : "writing")} were in use for {options.ConnectTimeout}: "
                + $"raise {(readOnly ? nameof(options.MaxReadConnections) : nameof(options.MaxWriteConnections))}, or find what holds them");
        try
        {
            return TakeIdle() ?? await ConnectAsync(ct);
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
            // The list is in the order of return: the longest idle first.
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

    private async Task<HeldConnection> ConnectAsync(CancellationToken ct)
    {
        var blocks = !readOnly && options.WritesBlock;
        var connection = blocks ? source.OpenConnection() : await source.OpenConnectionAsync(ct);
        if (readOnly)
        {
            await using var command = new NpgsqlCommand("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", connection);
            await command.ExecuteNonQueryAsync(ct);
        }
        return new HeldConnection(connection, blocks);
    }
}
