using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Interop.Storage.Sqlite;

/// <summary>The connection that writes, with its prepared statements.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private SqliteWriter(SqliteConnection connection)
    {
        Connection = connection;
        BulkUpsert = new SqliteBulkUpsert(connection.Handle!);
    }

    public SqliteConnection Connection { get; }

    public SqliteBulkUpsert BulkUpsert { get; }

    /// <summary>Opens the file, makes it if it is not there, and puts it into WAL mode.</summary>
    public static SqliteWriter Open(string path, DatabaseOptions options)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Cache = SqliteCacheMode.Private,
            Pooling = false,
        }.ConnectionString);
        try
        {
            connection.Open();
            // Bytes: a log that grew in a large transaction is cut back to this. Negative cache size: KiB.
            Execute(connection, $"""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = {(options.Durability == SqliteDurability.Full ? "FULL" : "NORMAL")};
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -65536;
                PRAGMA wal_autocheckpoint = 4096;
                PRAGMA journal_size_limit = 67108864;
                """);
            return new SqliteWriter(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Begin() => Execute(Connection, "BEGIN IMMEDIATE");

    public void Commit() => Execute(Connection, "COMMIT");


    public void Dispose()
    {
        BulkUpsert.Dispose();
        Connection.Dispose();
    }

    /// <returns>false: the transaction cannot be ended; the connection has to be closed.</returns>
    public static bool RollBackUnlessEnded(SqliteConnection connection) =>
        // Some failures, a full disk among them, have already rolled back.
        raw.sqlite3_get_autocommit(connection.Handle) != 0 || raw.sqlite3_exec(connection.Handle, "ROLLBACK") == raw.SQLITE_OK;

    /// <summary>Statements without parameters and rows; a busy file fails at once instead of blocking the thread.</summary>
    public static void Execute(SqliteConnection connection, string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(connection.Handle, sql), connection.Handle);
}
