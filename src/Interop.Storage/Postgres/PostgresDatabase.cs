using System.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>
/// PostgreSQL through Npgsql. The connections are kept here and not in Npgsql's pool, because the pool discards temporary tables and
/// prepared statements. Writers and readers have separate connections, so that neither uses up those of the other.
/// </summary>
internal sealed class PostgresDatabase : Database
{
    private readonly NpgsqlDataSource _source;
    private readonly HeldConnections _readers;
    private readonly HeldConnections _writers;
    private readonly PostgresFailures _failures;

    public PostgresDatabase(NpgsqlConnectionStringBuilder settings, DatabaseOptions options, TimeProvider time, ILoggerFactory? loggers)
        : base(options, time, loggers)
    {
        settings.Pooling = false;
        settings.Timezone = "UTC";
        settings.Enlist = false;
        settings.PersistSecurityInfo = false;
        settings.Timeout = (int)Math.Ceiling(options.ConnectTimeout.TotalSeconds);
        settings.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        settings.ApplicationName ??= options.SessionName ?? "Interop";
        if (!settings.TcpKeepAlive)
            (settings.TcpKeepAlive, settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (true, 10, 5);
        Location = $"PostgreSQL {settings.Host}:{settings.Port}/{settings.Database} as {settings.Username}";
        _failures = new PostgresFailures(Location, settings, options.Setting);
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (loggers is not null)
            builder.UseLoggerFactory(loggers);
        _source = builder.Build();
        _readers = new HeldConnections(_source, readOnly: true, options.MaxReadConnections, options, time);
        _writers = new HeldConnections(_source, readOnly: false, options.MaxWriteConnections, options, time);
    }

    public override SqlDialect Dialect => SqlDialect.Postgres;

    public override string Location { get; }

    public override FailureKind Classify(Exception e) => PostgresFailures.Classify(e);

    public override async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        await _writers.DisposeAsync();
        await _source.DisposeAsync();
    }

    private protected override DatabaseException? Explain(Exception e, bool write) => _failures.Explain(e, write);

    private protected override async Task<T> AttemptAsync<T>(
        bool write,
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    )
    {
        var connections = write ? _writers : _readers;
        var held = await connections.RentAsync(cancellationToken);
        try
        {
            return await TransactAsync(held, write, work, attempt, cancellationToken);
        }
        catch (Exception e) when (held.IsLost || Classify(e) == FailureKind.Transient)
        {
            // The idle connections were most likely lost too: open new ones instead of trying each.
            await connections.CloseIdleAsync();
            throw;
        }
        finally
        {
            await connections.ReturnAsync(held);
        }
    }

    private async Task<T> TransactAsync<T>(
        HeldConnection held,
        bool write,
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    )
    {
        var connection = held.Connection;
        var isolation = write ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead;
        await using var transaction = held.Blocks
            ? connection.BeginTransaction(isolation)
            : await connection.BeginTransactionAsync(isolation, cancellationToken);
        var session = new DbSession(SqlDialect.Postgres, connection, transaction, attempt, Options.CommandTimeout, held.BulkUpsert)
        {
            Blocks = held.Blocks,
        };
        T result;
        try
        {
            result = await work(session, cancellationToken);
        }
        catch (Exception e)
        {
            session.End();
            held.BulkUpsert.TransactionEnded(committed: false);
            // A slow statement would be slow again.
            attempt.MayRepeat &= held.IsLost || !PostgresFailures.IsTimeout(e);
            await RollBackAsync(held, transaction);
            if (held.IsLost && Classify(e) != FailureKind.Transient && e is not OperationCanceledException)
                throw new ConnectionLostException($"The connection to {Location} was lost in the middle of a transaction: {e.Message}", e);
            throw;
        }
        session.End();
        try
        {
            // Without cancellation: the result of a cancelled commit is unknown.
            if (held.Blocks)
                transaction.Commit();
            else
                await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception e) when (write && !PostgresFailures.IsRolledBack(e) && (held.IsLost || Classify(e) == FailureKind.Transient))
        {
            held.BulkUpsert.TransactionEnded(committed: false);
            throw new CommitUncertainException(
                $"The connection to {Location} was lost during a commit. The transaction may be committed or not: check, or repeat it if a second time has the same effect",
                e
            );
        }
        catch
        {
            held.BulkUpsert.TransactionEnded(committed: false);
            throw;
        }
        held.BulkUpsert.TransactionEnded(committed: true);
        return result;
    }

    private static async Task RollBackAsync(HeldConnection held, NpgsqlTransaction transaction)
    {
        try
        {
            if (!held.IsLost)
                await transaction.RollbackAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The caller gets the work's own exception. The connection is not used again, and the server rolls back.
            held.Abandon();
        }
    }
}
