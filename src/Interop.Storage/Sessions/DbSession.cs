using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;

namespace Interop.Storage;

/// <summary>
/// One transaction on one connection, usable until the work ends, by one thread at a time.
/// Columns in snake_case fill members and constructor parameters in PascalCase; <c>@Name</c> in a statement takes the member Name of
/// <c>args</c>; many keys are passed with <see cref="KeyLists"/>. Instants are <see cref="DateTimeOffset"/> or UTC <see cref="DateTime"/>.
/// A failure is the provider's DbException; <see cref="Database.Classify"/> tells its kind. After a failure PostgreSQL accepts only a
/// rollback to a savepoint in this transaction.
/// </summary>
public sealed class DbSession
{
    private const string StreamSavepoint = "interop_stream";
    private readonly Attempt _attempt;
    private readonly BulkUpsert _bulkUpsert;
    private bool _ended;

    internal DbSession(
        SqlDialect dialect,
        DbConnection connection,
        DbTransaction? transaction,
        Attempt attempt,
        TimeSpan commandTimeout,
        BulkUpsert bulkUpsert
    )
    {
        RowMapping.Register();
        Dialect = dialect;
        Connection = connection;
        Transaction = transaction;
        CommandTimeout = commandTimeout;
        _attempt = attempt;
        _bulkUpsert = bulkUpsert;
    }

    /// <summary>The SQL that the database understands.</summary>
    public SqlDialect Dialect { get; }

    /// <summary>The connection, open until the work ends, in a transaction.</summary>
    public DbConnection Connection { get; }

    /// <summary>The transaction; null on SQLite, where a transaction belongs to the connection.</summary>
    public DbTransaction? Transaction { get; }

    /// <summary>See <see cref="DatabaseOptions.WritesBlock"/>.</summary>
    internal bool Blocks { get; init; }

    /// <summary>Zero means no limit.</summary>
    internal TimeSpan CommandTimeout { get; set; }

    /// <summary>Executes a statement that returns no rows.</summary>
    /// <returns>The number of rows affected.</returns>
    public Task<int> ExecuteAsync(string sql, object? args = null, CancellationToken cancellationToken = default) =>
        Blocks
            ? Task.FromResult(Connection.Execute(Command(sql, args, cancellationToken)))
            : Connection.ExecuteAsync(Command(sql, args, cancellationToken));

    /// <summary>All rows of a query, in memory.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null, CancellationToken cancellationToken = default) =>
        (
            Blocks
                ? Connection.Query<T>(Command(sql, args, cancellationToken))
                : await Connection.QueryAsync<T>(Command(sql, args, cancellationToken))
        ).AsList();

    /// <summary>The first row, or the default value when there is none.</summary>
    public Task<T?> FirstAsync<T>(string sql, object? args = null, CancellationToken cancellationToken = default) =>
        Blocks
            ? Task.FromResult(Connection.QueryFirstOrDefault<T?>(Command(sql, args, cancellationToken)))
            : Connection.QueryFirstOrDefaultAsync<T>(Command(sql, args, cancellationToken));

    /// <summary>The first column of the first row, or the default value when there is no row or the value is null.</summary>
    public Task<T?> ScalarAsync<T>(string sql, object? args = null, CancellationToken cancellationToken = default) =>
        Blocks
            ? Task.FromResult(Connection.ExecuteScalar<T>(Command(sql, args, cancellationToken)))
            : Connection.ExecuteScalarAsync<T>(Command(sql, args, cancellationToken));

    /// <summary>
    /// The rows of a query one by one, never all in memory. No other statement may run until the end. When the caller stops early, the
    /// query is cancelled and the transaction continues. After the first row a lost connection no longer repeats the work.
    /// </summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string sql,
        object? args = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        // On PostgreSQL a cancelled statement aborts the transaction; the savepoint keeps it.
        var guarded = Dialect == SqlDialect.Postgres;
        if (guarded)
            await SavepointAsync(StreamSavepoint, cancellationToken);
        var leftEarly = false;
        try
        {
            var rows = Connection.QueryUnbufferedAsync<T>(sql, args, Transaction, Seconds(CommandTimeout));
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                _attempt.MayRepeat = false;
                leftEarly = true;
                yield return row;
                leftEarly = false;
            }
        }
        finally
        {
            if (guarded && leftEarly)
                await RollbackToAsync(StreamSavepoint, CancellationToken.None);
        }
        if (guarded)
            await ReleaseAsync(StreamSavepoint, cancellationToken);
    }

    /// <summary>
    /// Calls <paramref name="read"/> with each row of a query as UTF-8, one value per column; empty for null. The values are valid during
    /// the call only. No other statement may run until the end. After the first row a lost connection no longer repeats the work.
    /// </summary>
    /// <param name="sql">A query of text and JSON columns without parameters. Its literals come from the program or are numbers.</param>
    /// <param name="read">Takes a row.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public Task ReadUtf8Async(string sql, Func<ReadOnlyMemory<byte>[], ValueTask> read, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ArgumentNullException.ThrowIfNull(read);
        return _bulkUpsert.ReadUtf8Async(Connection, sql, read, () => _attempt.MayRepeat = false, cancellationToken);
    }

    /// <summary>Sets a savepoint for <see cref="RollbackToAsync"/>. A second one of the same name hides the first.</summary>
    public Task SavepointAsync(string name, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"SAVEPOINT {TableSql.Quote(name)}", null, cancellationToken);

    /// <summary>Undoes everything after the savepoint. The savepoint stays.</summary>
    public async Task RollbackToAsync(string name, CancellationToken cancellationToken = default)
    {
        await ExecuteAsync($"ROLLBACK TO SAVEPOINT {TableSql.Quote(name)}", null, cancellationToken);
        _bulkUpsert.RolledBackToSavepoint();
    }

    /// <summary>Removes the savepoint and keeps everything after it.</summary>
    public Task ReleaseAsync(string name, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"RELEASE SAVEPOINT {TableSql.Quote(name)}", null, cancellationToken);

    /// <summary>
    /// Inserts the rows. The rule says what happens to a row whose key exists. To find a row that the database refuses, set a savepoint
    /// before the call, roll back to it, and try each half (<see cref="RowBatch.Slice"/>): a failed call may have written a part of the
    /// rows.
    /// </summary>
    /// <returns>The number of rows that were inserted or updated.</returns>
    /// <exception cref="ArgumentException">Two rows have the same key; the message names it.</exception>
    public Task<int> BulkUpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(rule);
        rows.EnsureComplete();
        ThrowIfCancelled(cancellationToken);
        if (rows.Count == 0)
            return Task.FromResult(0);
        if (rule is not UpsertRule.RefuseRule) // with Refuse the unique constraint finds equal keys
            KeyCheck.RefuseEqualKeys(rows);
        return _bulkUpsert.UpsertAsync(rows, rule, cancellationToken);
    }

    /// <summary>Ends the session: its connection goes back to the pool.</summary>
    internal void End() => _ended = true;

    private CommandDefinition Command(string sql, object? args, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ThrowIfCancelled(cancellationToken);
        return new CommandDefinition(sql, args, Transaction, Seconds(CommandTimeout), cancellationToken: cancellationToken);
    }

    /// <summary>A blocking call checks the token before it starts, and not during the call.</summary>
    private void ThrowIfCancelled(CancellationToken cancellationToken)
    {
        if (Blocks)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private static int Seconds(TimeSpan timeout) => (int)Math.Ceiling(timeout.TotalSeconds);
}

/// <summary>One attempt of a transaction: whether its work may run again.</summary>
internal sealed class Attempt
{
    public bool MayRepeat { get; set; } = true;
}

/// <summary>How a dialect writes and reads many rows, on one connection.</summary>
internal abstract class BulkUpsert
{
    public abstract Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken cancellationToken);

    public abstract void RolledBackToSavepoint();

    /// <summary>See <see cref="DbSession.ReadUtf8Async"/>.</summary>
    public virtual async Task ReadUtf8Async(
        DbConnection connection,
        string sql,
        Func<ReadOnlyMemory<byte>[], ValueTask> read,
        Action onFirstRow,
        CancellationToken cancellationToken
    )
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var values = new ReadOnlyMemory<byte>[reader.FieldCount];
        while (await reader.ReadAsync(cancellationToken))
        {
            onFirstRow();
            for (var i = 0; i < values.Length; i++)
                values[i] = await reader.IsDBNullAsync(i, cancellationToken) ? default : reader.GetFieldValue<byte[]>(i);
            await read(values);
        }
    }
}
