using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>First loads that are split by <c>_lastUpdated</c>; each test has a database of its own.</summary>
public abstract class PartitionTests(SqlDialect dialect) : IAsyncLifetime
{
    private static readonly SandboxOptions Data = new()
    {
        Patients = 200,
        ObservationsPerPatient = 12,
        BadShare = 0.01,
    };

    private TestDatabase _database = null!;
    private SandboxServer _sandbox = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        _sandbox = await SandboxServer.StartAsync(Data);
    }

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_large_first_load_is_split_and_brings_what_one_search_brings()
    {
        RunSummary expected;
        await using (var silo = await StartAsync(maxParallel: 1))
            expected = await RunAsync(silo, "plain");
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ClockSkew,
                Path = "_lastUpdated=lt",
                Seconds = 0,
            }
        );

        await using var split = await StartAsync();
        var run = await RunAsync(split, "killed");

        Assert.Equal((RunStatus.Success, expected.Counters), (run.Status, run.Counters));
        Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
        Assert.Equal(await StoredState.OfAsync(_database.Database, "plain"), await StoredState.OfAsync(_database.Database, "killed"));
        Assert.True(_sandbox.Faults.Fired[FaultKind.ClockSkew] > 10, "no search was bounded");
    }

    [Fact]
    public async Task A_small_type_is_split_when_the_caller_asks_for_partitions()
    {
        await using var silo = await StartAsync(maxParallel: 1);
        // Harmless: it counts the searches with an upper bound.
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ClockSkew,
                Path = "_lastUpdated=lt",
                Seconds = 0,
            }
        );
        var plain = await silo.Client.RunAsync("plain", "Patient");
        Assert.False(_sandbox.Faults.Fired.TryGetValue(FaultKind.ClockSkew, out var fired) && fired > 0);

        var split = await silo.Client.RunAsync("killed", "Patient", Runs.Request("Patient") with { Partitions = 3 });

        Assert.Equal((RunStatus.Success, plain.Counters), (split.Status, split.Counters));
        Assert.True(_sandbox.Faults.Fired[FaultKind.ClockSkew] > 3, "no search was bounded");
    }

    [Fact]
    public async Task A_partition_that_fails_is_tried_again_alone()
    {
        await using var silo = await StartAsync();
        // All tries of one page; the counts of the plan are not pages.
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ServerError,
                Path = "_sort=_lastUpdated&_lastUpdated=lt",
                Times = 6,
            }
        );

        var run = await RunAsync(silo, "plain");

        Assert.Equal(
            (RunStatus.Success, (long)_sandbox.Store.Count("Observation"), 0L),
            (run.Status, run.Counters.Fetched, run.Counters.Refetched)
        );
        Assert.Equal(6, _sandbox.Faults.Fired[FaultKind.ServerError]);
    }

    [Fact]
    public async Task A_run_whose_counts_wait_for_the_server_says_so()
    {
        await using var silo = await StartAsync();
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.Unavailable,
                Path = "_summary=count",
                RetryAfterSeconds = 1,
            }
        );
        var runId = await silo.Client.StartAsync("plain", "Observation", Request);
        await Eventually.Is(
            async () =>
                (await silo.Client.DetailAsync(runId)).Details.Text.Contains(
                    " follows after 1.0 s: 503 Service Unavailable",
                    StringComparison.Ordinal
                ),
            "the run says that it waits"
        );
        _sandbox.Faults.Clear();

        var run = await silo.Client.EndOfAsync(runId);

        Assert.Equal((RunStatus.Success, (long)_sandbox.Store.Count("Observation")), (run.Status, run.Counters.Fetched));
    }

    [Fact]
    public async Task A_killed_run_goes_on_in_every_partition_from_its_cursor()
    {
        RunSummary expected;
        await using (var silo = await StartAsync())
            expected = await RunAsync(silo, "plain");
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.05 });
        var random = new Random(20261122);
        var runId = 0L;
        for (var kill = 0; kill < 3; kill++)
        {
            await using var silo = await StartAsync();
            if (kill == 0)
                runId = await silo.Client.StartAsync("killed", "Observation", Request);
            var pages = await PagesAsync(runId) + random.Next(4, 12);
            await Eventually.Is(async () => await PagesAsync(runId) >= pages, $"{pages} pages were committed");
            await silo.KillAsync();
        }

        _sandbox.Faults.Clear();
        await using var last = await StartAsync();
        var run = await last.Client.EndOfAsync(runId);

        Assert.Equal((RunStatus.Success, expected.Counters), (run.Status, run.Counters with { Refetched = 0 }));
        // The overlap of 120 s brings little again: no partition began at its start.
        Assert.InRange(run.Counters.Refetched, 0, expected.Counters.Fetched / 2);
        Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
        Assert.Equal(await StoredState.OfAsync(_database.Database, "plain"), await StoredState.OfAsync(_database.Database, "killed"));
    }

    [Fact]
    public async Task Each_partition_is_a_grain_of_its_own()
    {
        await using var silo = await StartAsync();
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.1 });
        var runId = await silo.Client.StartAsync("plain", "Observation", Request);

        await Eventually.Is(async () => (await PartitionSilosAsync(silo)).Count == 4, "four partitions are worked on");

        _sandbox.Faults.Clear();
        var run = await silo.Client.EndOfAsync(runId);
        Assert.Equal((RunStatus.Success, (long)_sandbox.Store.Count("Observation")), (run.Status, run.Counters.Fetched));
    }

    [Fact]
    public async Task The_next_run_is_one_search()
    {
        await using var silo = await StartAsync();
        await RunAsync(silo, "plain");
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.ServerError, Path = "_lastUpdated=lt" });

        var second = await RunAsync(silo, "plain");

        Assert.Equal((RunStatus.Success, 0L), (second.Status, second.Counters.Upserted));
    }

    /// <summary>Kills a silo of a cluster while all of its silos have partitions.</summary>
    protected async Task KillOneSiloAsync()
    {
        RunSummary expected;
        await using (var one = await StartAsync())
            expected = await RunAsync(one, "plain");
        await using var cluster = await StartAsync();
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.1 });
        var runId = await cluster.Client.StartAsync("killed", "Observation", Request);
        await Eventually.Is(async () => (await PartitionSilosAsync(cluster)).Distinct().Count() > 1, "several silos have partitions");
        var pages = await PagesAsync(runId) + 4;
        await Eventually.Is(async () => await PagesAsync(runId) >= pages, "pages were committed");

        await cluster.KillOneAsync();
        _sandbox.Faults.Clear();
        await Eventually.Is(
            async () =>
                await _database.Database.ValueAsync<string>($"SELECT status FROM ingestion_runs WHERE run_id = {runId}")
                == RunStatus.Success,
            "the run ended"
        );

        var run = await cluster.Client.EndOfAsync(runId);
        Assert.Equal((RunStatus.Success, expected.Counters), (run.Status, run.Counters with { Refetched = 0 }));
        Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
        Assert.Equal(await StoredState.OfAsync(_database.Database, "plain"), await StoredState.OfAsync(_database.Database, "killed"));
    }

    private static RunRequest Request => Runs.Request("Observation", missing: MissingPatients.Ignore);

    private static Task<RunSummary> RunAsync(TestSilo silo, string source) => silo.Client.RunAsync(source, "Observation", Request);

    private Task<long> PagesAsync(long runId) =>
        _database.Database.ValueAsync<long>($"SELECT pages FROM ingestion_runs WHERE run_id = {runId}");

    /// <summary>The silo of each partition that is worked on.</summary>
    private static async Task<List<string>> PartitionSilosAsync(TestSilo silo) =>
        [
            .. (await silo.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics())
                .Where(s => s.GrainType.Contains("RunPartition", StringComparison.OrdinalIgnoreCase))
                .Select(s => s.SiloAddress.ToString()),
        ];

    private Task<TestSilo> StartAsync(int maxParallel = 4) =>
        TestSilo.StartAsync(
            _database,
            new TestSiloOptions
            {
                Ingestion = new IngestionOptions { PageSize = 25, PartitionFrom = 1000 },
                Source = source => source.MaxParallel = maxParallel,
            },
            names: ["plain", "killed"],
            baseUrl: _sandbox.FhirBase
        );
}

public sealed class PartitionOnSqliteTests() : PartitionTests(SqlDialect.Sqlite);

public sealed class PartitionOnPostgresTests() : PartitionTests(SqlDialect.Postgres)
{
    [ClusterFact]
    public Task Partitions_run_on_all_silos_and_continue_when_one_is_killed() => KillOneSiloAsync();
}
