using Interop.Storage.Files;
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

    /// <summary>Opens the file and puts it into WAL mode. A missing file and folder are created, readable by this user only.</summary>
    public static SqliteWriter Open(string path, DatabaseOptions options)
    {
        PrivateFiles.CreateFolder(Path.GetDirectoryName(path)!);
        // SQLite gives its log and index the mode of the file.
        PrivateFiles.CreateIfMissing(path);
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWriteCreate,
                Cache = SqliteCacheMode.Private,
                Pooling = false,
            }.ConnectionString
        );
        try
        {
            connection.Open();
            // journal_size_limit: the log is cut to this many bytes after a large transaction. A negative cache_size is in KiB.
            Execute(
                connection,
                $"""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = {(options.Durability == SqliteDurability.Full ? "FULL" : "NORMAL")};
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -65536;
                PRAGMA wal_autocheckpoint = 4096;
                PRAGMA journal_size_limit = 67108864;
                """
            );
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

    /// <returns>false when the transaction cannot be ended; close the connection then.</returns>
    public static bool RollBackUnlessEnded(SqliteConnection connection) =>
        // After some failures, such as a full disk, SQLite has already rolled back.
        raw.sqlite3_get_autocommit(connection.Handle) != 0
        || raw.sqlite3_exec(connection.Handle, "ROLLBACK") == raw.SQLITE_OK;

    /// <summary>Executes statements without parameters and rows. On a busy file it fails at once and does not block the thread.</summary>
    public static void Execute(SqliteConnection connection, string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(connection.Handle, sql), connection.Handle);
}
