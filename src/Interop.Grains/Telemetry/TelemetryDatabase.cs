using Interop.Storage;
using Interop.Storage.Connections;
using Microsoft.Extensions.Logging;

namespace Interop.Telemetry;

/// <summary>
/// The database of telemetry, opened for its own way of failing: one attempt, a few seconds, for the spool is there. On PostgreSQL it is the
/// one of everything else; on SQLite a file of its own, flushed at every commit.
/// </summary>
public sealed class TelemetryDatabase : IAsyncDisposable
{
    private const string MigrationFolder = "Migrations/Telemetry";
    private const string VersionTable = "telemetry_schema_version";

    /// <param name="connection">As <see cref="DatabaseOptions.Connection"/> takes it.</param>
    /// <param name="loggers">Of the host.</param>
    public TelemetryDatabase(string connection, ILoggerFactory? loggers = null) => Database = DatabaseFactory.Open(
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
        loggers);

    internal Database Database { get; }

    /// <summary>Brings its tables up to date.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken) =>
        new Migrator(Database, typeof(TelemetryDatabase).Assembly, MigrationFolder, VersionTable).MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
