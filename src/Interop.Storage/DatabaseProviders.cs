using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Interop.Storage;

/// <summary>Makes the ADO.NET providers known by the invariant names under which Orleans' ADO.NET providers look for them.</summary>
public static class DatabaseProviders
{
    public const string PostgresInvariant = "Npgsql";

    /// <summary>The name of another provider, which Orleans expects for SQLite; the factory behind it is Microsoft.Data.Sqlite.</summary>
    public const string SqliteInvariant = "System.Data.SQLite";

    /// <summary>How Orleans' ADO.NET providers reach the database of these options: the invariant name and a connection string.</summary>
    public static (string Invariant, string ConnectionString) ForOrleans(DatabaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ConnectionText.Recognise(options.Connection) == SqlDialect.Postgres
            ? (PostgresInvariant, ConnectionText.ReadPostgres(options.Connection).ConnectionString)
            : (SqliteInvariant, new SqliteConnectionStringBuilder { DataSource = ConnectionText.ReadSqlitePath(options.Connection) }.ConnectionString);
    }

    /// <summary>May be called again.</summary>
    public static void Register()
    {
        SQLitePCL.Batteries_V2.Init();
        DbProviderFactories.RegisterFactory(PostgresInvariant, NpgsqlFactory.Instance);
        DbProviderFactories.RegisterFactory(SqliteInvariant, SqliteFactory.Instance);
    }
}
