using Interop.Sandbox;
using Interop.Sources;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Support;

/// <summary>One silo and one database for all tests of a dialect. Each test has its own sources, so that no test sees another test's
/// data.</summary>
public abstract class SharedSilo(SqlDialect dialect) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestSilo? _silo;

    internal SqlDialect Dialect => dialect;

    internal TestDatabase TestDatabase => _database!;

    internal TestSilo Silo => _silo!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        // Without the sweep: tests insert runs that only their own workers may claim.
        _silo = await TestSilo.StartAsync(_database, options: new TestSiloOptions { RecoversAtStart = false });
        await BasicsView.PutAsync(_silo, BasicsView.Sound);
    }

    public async Task DisposeAsync()
    {
        if (_silo is not null)
            await _silo.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }
}

public sealed class SqliteSilo() : SharedSilo(SqlDialect.Sqlite);

public sealed class PostgresSilo() : SharedSilo(SqlDialect.Postgres);

/// <summary>The tests of one dialect run one after the other, beside those of the other dialect.</summary>
[CollectionDefinition(Name)]
public sealed class OnSqlite : ICollectionFixture<SqliteSilo>
{
    public const string Name = "SQLite";
}

/// <inheritdoc cref="OnSqlite"/>
[CollectionDefinition(Name)]
public sealed class OnPostgres : ICollectionFixture<PostgresSilo>
{
    public const string Name = "PostgreSQL";
}

/// <summary>The parts that tests of ingestion share on both dialects.</summary>
public abstract class IngestionSuite(SharedSilo shared) : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];
    private int _sources;

    private protected SharedSilo Shared { get; } = shared;

    private protected Database Database => Shared.TestDatabase.Database;

    private protected IClusterClient Client => Shared.Silo.Client;

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            await owned.DisposeAsync();
    }

    private protected T Own<T>(T disposable)
        where T : IAsyncDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    /// <summary>A source name that no other test uses.</summary>
    private protected string NewSourceName() => $"{GetType().Name}-{Guid.NewGuid():N}-{_sources++}";

    /// <summary>A sandbox, and the source name under which the shared silo knows it.</summary>
    private protected async Task<(SandboxServer Sandbox, string Source)> SandboxAsync(
        SandboxOptions? options = null,
        Action<SourceOptions>? configure = null
    )
    {
        var sandbox = Own(await SandboxServer.StartAsync(options ?? Small));
        var source = NewSourceName();
        Shared.Silo.AddSource(source, sandbox.FhirBase, configure);
        return (sandbox, source);
    }

    private protected async Task<(ScriptedServer Server, string Source)> ScriptedAsync(
        Func<ScriptedRequest, ScriptedAnswer> answer,
        Action<SourceOptions>? configure = null
    )
    {
        var server = Own(await ScriptedServer.StartAsync(answer));
        var source = NewSourceName();
        Shared.Silo.AddSource(source, server.Base, configure);
        return (server, source);
    }

    /// <summary>Small data with bad resources of each type and missing patients.</summary>
    private protected static SandboxOptions Small { get; } =
        new()
        {
            Patients = 30,
            ObservationsPerPatient = 6,
            EncountersPerPatient = 3,
            ConditionsPerPatient = 2,
            BadShare = 0.03,
            MissingPatientShare = 0.02,
        };
}
