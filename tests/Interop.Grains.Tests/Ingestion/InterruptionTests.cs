using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Silos and databases that go away in the middle of a run; each test has its own.</summary>
public abstract class InterruptionTests(SqlDialect dialect) : IAsyncLifetime
{
    private static readonly SandboxOptions Data = new()
    {
        Patients = 60,
        ObservationsPerPatient = 4,
        BadShare = 0.03,
        MissingPatientShare = 0.02,
    };

    private TestDatabase _database = null!;
    private SandboxServer _sandbox = null!;

    private Database Database => _database.Database;

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
    public async Task A_run_whose_silo_is_killed_repeatedly_ends_as_an_undisturbed_one()
    {
        await using (var silo = await StartAsync())
            await silo.Client.RunAsync("plain", "Patient");
        RunSummary expected;
        await using (var silo = await StartAsync())
        {
            expected = await silo.Client.RunAsync("plain", "Observation", missing: MissingPatients.Fetch);
            await silo.Client.RunAsync("killed", "Patient");
        }

        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.05 });
        var random = new Random(20260110);
        var runId = 0L;
        for (var kill = 0; kill < 3; kill++)
        {
            await using var silo = await StartAsync();
            if (kill == 0)
                runId = await silo.Client.StartAsync("killed", "Observation", Runs.Request("Observation", missing: MissingPatients.Fetch));
            var pages = await PagesAsync(runId) + random.Next(1, 3);
            await Eventually.Is(async () => await PagesAsync(runId) >= pages, $"{pages} pages were committed");
            await silo.KillAsync();
        }

        _sandbox.Faults.Clear();
        await using (var silo = await StartAsync())
        {
            var run = await silo.Client.EndOfAsync(runId);

            Assert.Equal(RunStatus.Success, run.Status);
            Assert.Equal(expected.Counters with { Refetched = 0 }, run.Counters with { Refetched = 0 });
            Assert.True(run.Counters.Refetched > 0, "nothing was fetched again: no kill hit the run");
            Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
            Assert.Equal(await StoredState.OfAsync(Database, "plain"), await StoredState.OfAsync(Database, "killed"));
        }
    }

    [ClusterFact]
    public async Task A_run_whose_silo_is_killed_continues_on_another_silo_and_ends_as_an_undisturbed_one()
    {
        if (dialect == SqlDialect.Sqlite)
            return; // one silo runs by itself there
        await using var silo = await StartAsync();
        var expected = await silo.Client.RunAsync("plain", "Patient");
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.2 });
        var runId = await silo.Client.StartAsync("killed", "Patient");
        await Eventually.Is(async () => await PagesAsync(runId) > 0, "a page was committed");

        await silo.KillSiloOfAsync(silo.Client.Run(runId));
        _sandbox.Faults.Clear();

        await Eventually.Is(async () => await StatusAsync(runId) == RunStatus.Success, "another silo continued the run");
        var run = await silo.Client.SummaryAsync(runId);
        Assert.Equal(expected.Counters with { Refetched = 0 }, run.Counters with { Refetched = 0 });
        Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
        Assert.Equal(await StoredState.OfAsync(Database, "plain"), await StoredState.OfAsync(Database, "killed"));
    }

    [Fact]
    public async Task A_starting_silo_resumes_an_interrupted_run()
    {
        var runId = await LeaveBehindAsync();

        await using var silo = await StartAsync();

        await Eventually.Is(async () => await StatusAsync(runId) == RunStatus.Success, "the run was resumed and ended");
        Assert.Equal(_sandbox.Store.Count("Patient") - _sandbox.Stats.Bad["Patient"], await Database.CountAsync("patients", "killed"));
    }

    [Fact]
    public async Task A_running_silo_resumes_a_run_whose_silo_failed_before_its_reminder_is_due()
    {
        var runId = await LeaveBehindAsync();
        await Database.WriteAsync((session, token) => session.ExecuteAsync($"DELETE FROM {Reminders}", null, token));
        await SetStatusAsync(runId, RunStatus.Cancelled);
        await using var silo = await StartAsync();

        // From here on the run is interrupted, as if another silo had just failed.
        await SetStatusAsync(runId, RunStatus.Running);

        await Eventually.Is(async () => await StatusAsync(runId) == RunStatus.Success, "the sweep resumed the run");
    }

    [Fact]
    public async Task The_reminder_resumes_a_run_that_no_start_resumed()
    {
        if (!TestClusters.IsEmbeddedEngine && dialect == SqlDialect.Sqlite)
            return; // the real engine keeps reminders in memory there
        var runId = await LeaveBehindAsync();
        await HurryRemindersAsync();

        await using var silo = await StartAsync(new TestSiloOptions { RecoversAtStart = false });

        await Eventually.Is(async () => await StatusAsync(runId) == RunStatus.Success, "a reminder resumed the run");
    }

    private Task<long> ResumptionsAsync() => Database.ValueAsync<long>($"SELECT COUNT(*) FROM {Reminders} WHERE ReminderName = 'resume'");

    private string Reminders => dialect == SqlDialect.Postgres ? "orleans.OrleansRemindersTable" : "OrleansRemindersTable";

    [Fact]
    public async Task The_engines_tables_on_Postgres_are_in_a_schema_of_their_own()
    {
        if (dialect == SqlDialect.Sqlite)
            return;
        await using var silo = await StartAsync();
        Assert.Equal(
            "orleans",
            await Database.ValueAsync<string>("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'orleans%'")
        );
    }

    [Fact]
    public async Task A_tick_after_the_end_of_the_run_removes_the_reminder()
    {
        if (!TestClusters.IsEmbeddedEngine && dialect == SqlDialect.Sqlite)
            return; // the real engine keeps reminders in memory there
        await using var silo = await StartAsync();
        var run = await silo.Client.RunAsync("plain", "Patient");
        var grain = silo.Client.Run(run.RunId);
        Assert.Equal(1, await ResumptionsAsync());

        await silo.Client.GetGrain<IRemindable>(grain.GetGrainId()).ReceiveReminder("resume", default);

        Assert.Equal(0, await ResumptionsAsync());
    }

    [Fact]
    public async Task A_run_whose_source_is_gone_from_the_settings_ends_failed_with_the_reason()
    {
        var runId = await LeaveBehindAsync();

        await using var silo = await StartAsync(sources: ["plain"]);

        await Eventually.Is(async () => await StatusAsync(runId) == RunStatus.Failed, "the run failed");
        Assert.Contains("'killed' is not in the settings", (await silo.Client.SummaryAsync(runId)).Error);
        Assert.Equal(0, await Database.CountAsync("checkpoints", "killed"));
    }

    [Fact]
    public async Task With_a_lower_bound_the_first_run_begins_there_and_later_runs_begin_no_earlier()
    {
        var bound = Data.StartOfData + (Data.EndOfData - Data.StartOfData) / 2;
        var options = new TestSiloOptions
        {
            Ingestion = new IngestionOptions { PageSize = 25, LastUpdatedGte = bound },
        };
        await using var silo = await StartAsync(options);

        var first = await silo.Client.RunAsync("plain", "Patient");
        var full = await silo.Client.RunAsync("plain", "Patient", full: true);
        var later = await silo.Client.RunAsync("plain", "Patient");

        Assert.Equal(bound, first.Since);
        Assert.InRange(first.Counters.Fetched, 1, Data.Patients - 1);
        Assert.Equal((bound, first.Counters.Fetched), (full.Since, full.Counters.Fetched));
        Assert.Equal(first.CheckpointAfter - TimeSpan.FromSeconds(120), later.Since);
        Assert.Equal(
            0,
            await Database.ReadAsync(
                (session, token) =>
                    session.ScalarAsync<long>(
                        "SELECT COUNT(*) FROM resources WHERE last_updated_ticks < @ticks",
                        new { ticks = bound.UtcTicks },
                        token
                    )
            )
        );
    }

    private protected async Task<TestSilo> StartAsync(TestSiloOptions? options = null, string[]? sources = null)
    {
        var silo = await TestSilo.StartAsync(_database, options, sources ?? ["plain", "killed"], _sandbox.FhirBase);
        return silo;
    }

    /// <summary>A run whose silo was killed after its first page. The other pages take long enough for the kill.</summary>
    private async Task<long> LeaveBehindAsync()
    {
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 2,
                Type = "Patient",
            }
        );
        await using var silo = await StartAsync();
        var runId = await silo.Client.StartAsync("killed", "Patient");
        await Eventually.Is(async () => await PagesAsync(runId) > 0, "a page was committed");
        await silo.KillAsync();
        _sandbox.Faults.Clear();
        Assert.Equal(RunStatus.Running, await StatusAsync(runId));
        return runId;
    }

    /// <summary>Sets the due time of the reminders to now: a test does not wait for the minute between two ticks.</summary>
    private Task<int> HurryRemindersAsync() =>
        Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync($"UPDATE {Reminders} SET Period = 300, StartTime = '2026-01-01T00:00:00.0000000Z'", null, token)
        );

    private Task<int> SetStatusAsync(long runId, string status) =>
        Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync("UPDATE ingestion_runs SET status = @status WHERE run_id = @runId", new { runId, status }, token)
        );

    private Task<long> PagesAsync(long runId) =>
        Database.ValueAsync<long>("SELECT pages FROM ingestion_runs WHERE run_id = @runId", new { runId });

    private Task<string?> StatusAsync(long runId) =>
        Database.ValueAsync<string>("SELECT status FROM ingestion_runs WHERE run_id = @runId", new { runId });
}

[Collection(OnSqlite.Name)]
public sealed class InterruptionOnSqliteTests() : InterruptionTests(SqlDialect.Sqlite);

[Collection(OnPostgres.Name)]
public sealed class InterruptionOnPostgresTests() : InterruptionTests(SqlDialect.Postgres);

/// <summary>A PostgreSQL server of the test's own, which it stops in the middle of a run.</summary>
[Collection(OnPostgres.Name)]
public sealed class LostDatabaseTests
{
    /// <summary>The event id with which a worker logs that the database interrupted its run.</summary>
    private const int RunInterrupted = 2003;

    [Fact]
    public async Task A_run_whose_database_is_gone_for_some_seconds_ends_as_an_undisturbed_one()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var database = await TestDatabase.CreateAsync(SqlDialect.Postgres, server);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 150, BadShare = 0.03 });
        using var log = new LogLines();
        await using var silo = await TestSilo.StartAsync(
            database,
            new TestSiloOptions
            {
                Services = services =>
                    services.AddLogging(logging => logging.AddProvider(log).AddFilter<LogLines>(category: null, LogLevel.Warning)),
            },
            ["plain", "cut"],
            sandbox.FhirBase
        );
        var expected = await silo.Client.RunAsync("plain", "Patient");
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.1,
                Type = "Patient",
            }
        );
        var runId = await silo.Client.StartAsync("cut", "Patient");
        await Eventually.Is(async () => await database.Database.CountAsync("patients", "cut") >= 25, "a page was committed");

        await server.KillAsync();
        await Eventually.Is(
            () => log.All.Any(line => line.EventId == RunInterrupted),
            "the retries of a transaction have failed, and the worker waits"
        );
        await server.StartAsync();
        var run = await silo.Client.EndOfAsync(runId);

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal(expected.Counters with { Refetched = 0 }, run.Counters with { Refetched = 0 });
        Assert.Equal(expected.CheckpointAfter, run.CheckpointAfter);
        Assert.Equal(await StoredState.OfAsync(database.Database, "plain"), await StoredState.OfAsync(database.Database, "cut"));
    }
}
