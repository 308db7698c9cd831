using Interop.Storage;
using Interop.Storage.Connections;
using Microsoft.Extensions.Logging;

namespace Interop.Telemetry;

/// <summary>
/// The database of telemetry. It has settings of its own: one attempt and short timeouts, because the spool takes what the database does
/// not. On PostgreSQL it is the same database as for all other data; on SQLite it is a file of its own that is flushed at every commit.
/// </summary>
public sealed class TelemetryDatabase : IAsyncDisposable
{
    private const string VersionTable = "telemetry_schema_version";

    /// <param name="connection">In the form that <see cref="DatabaseOptions.Connection"/> takes.</param>
    /// <param name="loggers">The host's loggers.</param>
    public TelemetryDatabase(string connection, ILoggerFactory? loggers = null) =>
        Database = DatabaseFactory.Open(
            new DatabaseOptions
            {
                Connection = connection,
                Durability = SqliteDurability.Full,
                MaxAttempts = 1,
                MaxWriteConnections = 2,
                WritesBlock = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                CommandTimeout = TimeSpan.FromSeconds(15),
                BusyTimeout = TimeSpan.FromSeconds(5),
            },
            loggers
        );

    internal Database Database { get; }

    /// <summary>Applies the migrations of the telemetry tables.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken) =>
        new Migrator(Database, typeof(TelemetryDatabase).Assembly, versionTable: VersionTable).MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
