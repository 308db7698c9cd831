using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Interop.Storage.Connections;

/// <summary>Registers the ADO.NET providers under the invariant names that Orleans' ADO.NET providers look for.</summary>
public static class DatabaseProviders
{
    /// <summary>The invariant name of PostgreSQL's provider.</summary>
    public const string PostgresInvariant = "Npgsql";

    /// <summary>The invariant name that Orleans expects for SQLite. The registered factory is Microsoft.Data.Sqlite.</summary>
    public const string SqliteInvariant = "System.Data.SQLite";

    /// <summary>
    /// The schema of the engine's own tables on PostgreSQL, created by a migration. Orleans' statements name tables without a schema, so
    /// the search path of its connections leads there.
    /// </summary>
    public const string EngineSchema = "orleans";

    /// <summary>How Orleans' ADO.NET providers reach the database of these options: the invariant name and a connection string.</summary>
    /// <exception cref="ConnectionTextException"><see cref="DatabaseOptions.Connection"/> names no database.</exception>
    public static (string Invariant, string ConnectionString) ForOrleans(DatabaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ConnectionText
            .Read(options.Connection, options.Setting)
            .Match(
                settings =>
                {
                    settings.SearchPath = EngineSchema;
                    return (PostgresInvariant, settings.ConnectionString);
                },
                path => (SqliteInvariant, new SqliteConnectionStringBuilder { DataSource = path }.ConnectionString)
            );
    }

    /// <summary>Registers both providers. It may be called more than once.</summary>
    public static void Register()
    {
        SQLitePCL.Batteries_V2.Init();
        DbProviderFactories.RegisterFactory(PostgresInvariant, NpgsqlFactory.Instance);
        DbProviderFactories.RegisterFactory(SqliteInvariant, SqliteFactory.Instance);
    }
}
