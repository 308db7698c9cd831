using Interop.Storage.Postgres;
using Interop.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace Interop.Storage.Connections;

/// <summary>Opens the database that the options name.</summary>
public static class DatabaseFactory
{
    /// <summary>Checks the options. Nothing is connected or created yet: the first use does that.</summary>
    /// <exception cref="ConnectionTextException"><see cref="DatabaseOptions.Connection"/> names no database.</exception>
    /// <exception cref="ArgumentException">Another option is out of its range; the message names all of them.</exception>
    public static Database Open(DatabaseOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return ConnectionText
            .Read(options.Connection, options.Setting)
            .Match<Database>(
                settings => new PostgresDatabase(settings, options, time ?? TimeProvider.System, loggers),
                path => new SqliteDatabase(path, options, time ?? TimeProvider.System, loggers)
            );
    }
}
