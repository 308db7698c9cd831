using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Ingestion;
using Interop.Polling;
using Interop.Sources;
using Interop.Storage;
using Interop.Storage.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.TestingHost;

namespace Interop.Grains.Tests.Support;

/// <summary>What is particular to a silo of a test.</summary>
internal sealed record TestSiloOptions
{
    public IngestionOptions Ingestion { get; init; } = new() { PageSize = 25 };

    public string? ExportDirectory { get; init; }

    public ViewOptions Views { get; init; } = new();

    public AlertOptions Alerts { get; init; } = new();

    public MonitoringOptions Monitoring { get; init; } = new();

    /// <summary>Whether interrupted runs are resumed at start; otherwise only their reminders resume them.</summary>
    public bool RecoversAtStart { get; init; } = true;

    /// <summary>What the sources of the settings have besides their address.</summary>
    public Action<SourceOptions>? Source { get; init; }

    public Action<IServiceCollection> Services { get; init; } = _ => { };
}

/// <summary>
/// The grains on a real cluster (<see cref="TestClusters"/>) and a real database, composed as the host composes them.
/// </summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly ConcurrentDictionary<string, SourceOptions> _sources;

    private TestSilo(InProcessTestCluster cluster, ConcurrentDictionary<string, SourceOptions> sources) =>
        (_cluster, _sources) = (cluster, sources);

    public IClusterClient Client => _cluster.Client;

    /// <summary>The services of one of the silos.</summary>
    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    /// <param name="names">Sources that the settings have from the start, so that an interrupted run finds its source.</param>
    public static async Task<TestSilo> StartAsync(
        TestDatabase database,
        TestSiloOptions? options = null,
        string[]? names = null,
        Uri? baseUrl = null
    )
    {
        options ??= new TestSiloOptions();
        var sources = new ConcurrentDictionary<string, SourceOptions>();
        foreach (var name in names ?? [])
            Add(sources, name, baseUrl!, options.Source);
        // The reminders of a cluster that was killed are found under its service id.
        var cluster = await TestClusters.StartAsync(
            silo => Configure(silo, database, options, sources),
            serviceId: "interop-tests",
            single: database.Database.Dialect == SqlDialect.Sqlite
        );
        return new TestSilo(cluster, sources);
    }

    /// <summary>Adds a FHIR server as a source, as the settings do, with short waits after faults.</summary>
    public void AddSource(string name, Uri baseUrl, Action<SourceOptions>? configure = null) => Add(_sources, name, baseUrl, configure);

    /// <summary>Ends every silo as kill -9 does: without OnDeactivateAsync, and in the middle of its work.</summary>
    public Task KillAsync() => _cluster.KillAllSilosAsync();

    /// <summary>Ends one silo as kill -9 does; the others continue.</summary>
    public Task KillOneAsync() => _cluster.KillSiloAsync(_cluster.Silos[^1]);

    /// <summary>Kills the one silo on which the grain is active; the others go on.</summary>
    public async Task KillSiloOfAsync(IAddressable grain)
    {
        var activations = await Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        var address = activations.Single(a => a.GrainId == grain.GetGrainId()).SiloAddress;
        await _cluster.KillSiloAsync(_cluster.Silos.Single(s => s.SiloAddress.Equals(address)));
    }

    /// <summary>Stops every silo as SIGTERM does: every activation is deactivated.</summary>
    public Task StopAsync() => _cluster.StopAllSilosAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    private static void Add(ConcurrentDictionary<string, SourceOptions> sources, string name, Uri baseUrl, Action<SourceOptions>? configure)
    {
        var source = new SourceOptions
        {
            BaseUrl = baseUrl.AbsoluteUri,
            BaseDelay = TimeSpan.FromMilliseconds(5),
            MaxAttempts = 6,
            MaxParallel = 1,
        };
        configure?.Invoke(source);
        Validator.ValidateObject(source, new ValidationContext(source), validateAllProperties: true);
        Assert.True(sources.TryAdd(name, source), $"source {name} is taken");
    }

    private static void Configure(
        ISiloBuilder silo,
        TestDatabase database,
        TestSiloOptions options,
        ConcurrentDictionary<string, SourceOptions> sources
    )
    {
        if (TestClusters.IsEmbeddedEngine || database.Database.Dialect == SqlDialect.Postgres)
        {
            silo.UseAdoNetReminderService(store => (store.Invariant, store.ConnectionString) = EngineStore(database));
            silo.AddAdoNetGrainStorageAsDefault(store => (store.Invariant, store.ConnectionString) = EngineStore(database));
        }
        else
        {
            silo.UseInMemoryReminderService();
            silo.AddMemoryGrainStorageAsDefault();
        }

        silo.Configure<ReminderOptions>(reminders => reminders.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100));
        silo.ConfigureServices(services =>
        {
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
            services.AddSingleton(TimeProvider.System);
            services.AddSingleton(_ => DatabaseFactory.Open(database.Options));
            services.AddSingleton(Options.Create(options.Ingestion));
            services.AddSingleton(
                Options.Create(
                    new ExportOptions { Enabled = options.ExportDirectory is not null, Directory = options.ExportDirectory ?? "" }
                )
            );
            services.AddSingleton(Options.Create(options.Views));
            services.AddIngestion(sources);
            services.AddSingleton(Options.Create(options.Alerts));
            services.AddSingleton(Options.Create(options.Monitoring));
            services.AddMonitoring(new Dictionary<string, PollerOptions>(), pollsByDefault: false);
            if (!options.RecoversAtStart)
                services.Remove(
                    services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(RunRecovery))
                );
            options.Services(services);
        });
    }

    /// <summary>
    /// Where the engine keeps reminders and grain states. Orleans' pools belong to the process and outlive the silo: idle connections close
    /// soon, so that there is room for those of other tests.
    /// </summary>
    private static (string Invariant, string ConnectionString) EngineStore(TestDatabase database)
    {
        var (invariant, connectionString) = DatabaseProviders.ForOrleans(database.Options);
        if (database.Database.Dialect == SqlDialect.Postgres)
            connectionString = new NpgsqlConnectionStringBuilder(connectionString)
            {
                ConnectionIdleLifetime = 2,
                ConnectionPruningInterval = 1,
            }.ConnectionString;
        return (invariant, connectionString);
    }
}
