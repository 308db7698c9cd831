using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>The tables that hold the rows of views.</summary>
internal static class ViewTableStore
{
    // Readers of the old table delay the rename; ingestion waits for both, but never longer than this at a time.
    private const string MaxLockWait = "2s";

    /// <summary>The name of an existing table that equals this name or differs from it by case only.</summary>
    public static Task<string?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<string>(
            session.Dialect == SqlDialect.Postgres
                ? "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND LOWER(relname) = LOWER(@name)"
                : "SELECT name FROM sqlite_master WHERE LOWER(name) = LOWER(@name)",
            new { name },
            cancellationToken
        );

    /// <summary>Creates the table with its indexes and, on PostgreSQL, comments that say where each column comes from.</summary>
    /// <param name="indexPrefix">Begins the names of the indexes, which stay when the table is renamed.</param>
    public static async Task CreateAsync(DbSession session, ViewTable table, string indexPrefix, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(TableSql.CreateTable(table.Shape, session.Dialect), null, cancellationToken);
        foreach (var column in table.IndexedColumns())
        {
            var index = TableSql.Quote($"{indexPrefix}_{(column == ViewTable.PatientId ? "patient" : "time")}");
            await session.ExecuteAsync(
                $"CREATE INDEX {index} ON {TableSql.Quote(table.Shape.Name)} ({TableSql.Quote(column)})",
                null,
                cancellationToken
            );
        }

        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync(string.Join(";\n", ViewComments.Of(table)), null, cancellationToken);
    }

    /// <summary>Drops a table with its failures.</summary>
    public static async Task DropAsync(DbSession session, string table, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"DROP TABLE IF EXISTS {TableSql.Quote(table)}", null, cancellationToken);
        await ViewFailureStore.ForgetTableAsync(session, table, cancellationToken);
    }

    /// <summary>Gives a table another name; the table that has that name is dropped first.</summary>
    public static async Task ReplaceAsync(DbSession session, string table, string newName, CancellationToken cancellationToken)
    {
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SET LOCAL lock_timeout = '{MaxLockWait}'", null, cancellationToken);
        await DropAsync(session, newName, cancellationToken);
        await session.ExecuteAsync($"ALTER TABLE {TableSql.Quote(table)} RENAME TO {TableSql.Quote(newName)}", null, cancellationToken);
        await ViewFailureStore.RenameTableAsync(session, table, newName, cancellationToken);
    }

    /// <summary>Deletes the rows of these resources.</summary>
    public static Task DeleteRowsAsync(
        DbSession session,
        ViewTable table,
        string source,
        IEnumerable<string> ids,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"DELETE FROM {TableSql.Quote(table.Shape.Name)} WHERE source = @source AND {session.IsAnyOf("id", "@ids")}",
            new { source, ids = session.ArrayOf(ids) },
            cancellationToken
        );
}
