using Interop.Ingestion;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Grains.Tests.Support;

/// <summary>A new, migrated database of one dialect, deleted after the test.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly DirectoryInfo? _directory;

    private TestDatabase(DatabaseOptions options, DirectoryInfo? directory)
    {
        (Options, _directory) = (options, directory);
        DatabaseProviders.Register();
        Database = DatabaseFactory.Open(options);
    }

    public DatabaseOptions Options { get; }

    /// <summary>The test's own access to the database, beside the silo's.</summary>
    public Database Database { get; }

    public static async Task<TestDatabase> CreateAsync(SqlDialect dialect, PostgresServer? server = null)
    {
        TestDatabase database;
        if (dialect == SqlDialect.Postgres)
        {
            server ??= await PostgresServer.SharedAsync();
            database = new TestDatabase(OptionsFor(await server.CreateDatabaseAsync()), null);
        }
        else
        {
            var directory = Directory.CreateTempSubdirectory("interop-grains-");
            database = new TestDatabase(OptionsFor(Path.Combine(directory.FullName, "test.db")), directory);
        }

        await new Migrator(database.Database, typeof(IngestionServices).Assembly).MigrateAsync();
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _directory?.Delete(recursive: true);
    }

    private static DatabaseOptions OptionsFor(string connection) =>
        new()
        {
            Connection = connection,
            FirstRetryDelay = TimeSpan.FromMilliseconds(5),
            MaxRetryDelay = TimeSpan.FromMilliseconds(200),
            MaxAttempts = 4,
        };
}
