using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;

namespace Interop.Storage;

/// <summary>
/// One transaction on one connection, for the time of the work that it was given to; not for use by two threads at once.
/// Columns in snake_case fill members and constructor parameters in PascalCase; <c>@Name</c> in a statement takes the member Name of
/// <c>args</c>; many keys at once go through <see cref="KeyLists"/>. Instants go in and come out as <see cref="DateTimeOffset"/> or UTC
/// <see cref="DateTime"/>.
/// Failures come as the provider's DbException; <see cref="Database.Classify"/> tells what they ask for. After one, PostgreSQL takes
/// nothing more in this transaction but a rollback to a savepoint.
/// </summary>
public sealed class DbSession
{
    private const string StreamSavepoint = "interop_stream";
    private readonly Attempt _attempt;
    private readonly BulkUpsert _bulkUpsert;
    private bool _ended;

    internal DbSession(
        SqlDialect dialect, DbConnection connection, DbTransaction? transaction, Attempt attempt, TimeSpan commandTimeout, BulkUpsert bulkUpsert)
    {
        RowMapping.Register();
        Dialect = dialect;
        Connection = connection;
        Transaction = transaction;
        CommandTimeout = commandTimeout;
        _attempt = attempt;
        _bulkUpsert = bulkUpsert;
    }

    public SqlDialect Dialect { get; }

    /// <summary>Open until the work ends. Its transaction is already begun.</summary>
    public DbConnection Connection { get; }

    /// <summary>null on SQLite, whose transactions belong to the connection.</summary>
    public DbTransaction? Transaction { get; }

    /// <summary>See <see cref="DatabaseOptions.WritesBlock"/>.</summary>
    internal bool Blocks { get; init; }

    /// <summary>Zero: no limit.</summary>
    internal TimeSpan CommandTimeout { get; set; }

    /// <returns>The number of rows affected.</returns>
    public Task<int> ExecuteAsync(string sql, object? args = null, CancellationToken ct = default) => Blocks
        ? Task.FromResult(Connection.Execute(Command(sql, args, ct)))
        : Connection.ExecuteAsync(Command(sql, args, ct));

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null, CancellationToken ct = default) =>
        (Blocks ? Connection.Query<T>(Command(sql, args, ct)) : await Connection.QueryAsync<T>(Command(sql, args, ct))).AsList();

    /// <summary>The first row, or the default value where there is none.</summary>
    public Task<T?> FirstAsync<T>(string sql, object? args = null, CancellationToken ct = default) => Blocks
        ? Task.FromResult(Connection.QueryFirstOrDefault<T?>(Command(sql, args, ct)))
        : Connection.QueryFirstOrDefaultAsync<T>(Command(sql, args, ct));

    /// <summary>The first column of the first row, or the default value where there is none or it is null.</summary>
    public Task<T?> ScalarAsync<T>(string sql, object? args = null, CancellationToken ct = default) => Blocks
        ? Task.FromResult(Connection.ExecuteScalar<T>(Command(sql, args, ct)))
        : Connection.ExecuteScalarAsync<T>(Command(sql, args, ct));

    /// <summary>
    /// Rows as they come, never all in memory; no other statement until the end. A stream that is left early is cancelled on the server, and
    /// the transaction goes on. Once a row was given out, a lost connection does not repeat the work.
    /// </summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string sql, object? args = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        // A cancelled statement would take PostgreSQL's transaction with it.
        var guarded = Dialect == SqlDialect.Postgres;
        if (guarded)
            await SavepointAsync(StreamSavepoint, ct);
        var leftEarly = false;
        try
        {
            var rows = Connection.QueryUnbufferedAsync<T>(sql, args, Transaction, Seconds(CommandTimeout));
            await foreach (var row in rows.WithCancellation(ct))
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
            await ReleaseAsync(StreamSavepoint, ct);
    }

    /// <summary>Marks a point to which <see cref="RollbackToAsync"/> returns; a mark of the same name hides the one before.</summary>
    public Task SavepointAsync(string name, CancellationToken ct = default) =>
        ExecuteAsync($"SAVEPOINT {TableSql.Quote(name)}", null, ct);

    /// <summary>Undoes what was done since the savepoint; the savepoint stays.</summary>
    public async Task RollbackToAsync(string name, CancellationToken ct = default)
    {
        await ExecuteAsync($"ROLLBACK TO SAVEPOINT {TableSql.Quote(name)}", null, ct);
        _bulkUpsert.RolledBackToSavepoint();
    }

    /// <summary>Forgets the savepoint and keeps what was done since.</summary>
    public Task ReleaseAsync(string name, CancellationToken ct = default) =>
        ExecuteAsync($"RELEASE SAVEPOINT {TableSql.Quote(name)}", null, ct);

    /// <summary>
    /// Inserts the rows; a row whose key is already there is treated by the rule. When the database refuses a row, set a savepoint before,
    /// return to it, and try the halves (<see cref="RowBatch.Slice"/>): what a failed call left behind differs by dialect.
    /// </summary>
    /// <returns>The number of rows that were inserted or updated.</returns>
    /// <exception cref="ArgumentException">Two rows have the same key; the message names it.</exception>
    public Task<int> BulkUpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(rule);
        rows.EnsureComplete();
        ThrowIfCancelled(ct);
        if (rows.Count == 0)
            return Task.FromResult(0);
        if (rule is not UpsertRule.RefuseRule) // there the database finds them as it finds all others
            KeyCheck.RefuseEqualKeys(rows);
        return _bulkUpsert.UpsertAsync(rows, rule, ct);
    }

    /// <summary>From here on the connection belongs to somebody else.</summary>
    internal void End() => _ended = true;

    private CommandDefinition Command(string sql, object? args, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        ThrowIfCancelled(ct);
        return new CommandDefinition(sql, args, Transaction, Seconds(CommandTimeout), cancellationToken: ct);
    }

    /// <summary>A blocking call looks at the token before it, and not while it lasts.</summary>
    private void ThrowIfCancelled(CancellationToken ct)
    {
        if (Blocks)
            ct.ThrowIfCancellationRequested();
    }

    private static int Seconds(TimeSpan timeout) => (int)Math.Ceiling(timeout.TotalSeconds);
}

/// <summary>What one run of a transaction's work did that decides whether it may run again.</summary>
internal sealed class Attempt
{
    public bool MayRepeat { get; set; } = true;
}

/// <summary>A dialect's way of writing many rows, on one connection.</summary>
internal abstract class BulkUpsert
{
    public abstract Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken ct);

    public abstract void RolledBackToSavepoint();
}
