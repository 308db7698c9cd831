using System.Text.Json;
using Interop.Anomaly.Alerts;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Scheduling;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Scheduling;

/// <summary>Scheduled jobs on a silo and a database of their own, with a clock that the test moves.</summary>
public abstract class ScheduleTests(SqlDialect dialect) : IAsyncLifetime
{
    private const string Job = "patients";
    private const string Source = "default";
    private static readonly SandboxOptions Data = new() { Patients = 10, BadShare = 0 };

    private readonly ShiftedClock _clock = new(new DateTimeOffset(DateTime.UtcNow.Date.AddDays(1).AddHours(11.5), TimeSpan.Zero));
    private readonly ScheduleTable _table = [];
    private readonly AlertOptions _alerts = new();
    private TestDatabase _database = null!;
    private SandboxServer _sandbox = null!;

    private ScheduleOptions Options => _table[Job];

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        _sandbox = await SandboxServer.StartAsync(Data);
        (Options.Enabled, Options.Source) = (true, Source);
    }

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_job_fires_at_its_time_and_not_before()
    {
        await using var silo = await StartAsync();
        var schedule = silo.Client.Schedule(Job);
        await schedule.Refresh();
        var noon = Today(12);
        Assert.Equal((null, noon), await LastRunAndNextAsync(schedule));

        _clock.Advance(TimeSpan.FromMinutes(31));
        await schedule.Refresh();
        var status = await EndedAsync(schedule);

        Assert.Equal((RunStatus.Success, noon.AddHours(1)), (status.LastStatus, status.Next));
        var run = await silo.Client.DetailAsync(status.LastRunId!.Value);
        Assert.Equal(("Patient", Source, Data.Patients), (run.ResourceType, run.Source, run.Counters.Fetched));
        Assert.Contains("\"job\":\"patients\"", run.Details.Text);
        Assert.Contains("\"trigger\":\"schedule\"", run.Details.Text);
    }

    [Fact]
    public async Task A_job_fires_repeatedly_by_its_reminder()
    {
        Options.Cron = "* * * * * ?";
        await using var silo = await StartAsync();
        var schedule = silo.Client.Schedule(Job);

        long? first = null;
        await Eventually.Is(async () => (first = (await schedule.GetStatus())!.LastRunId) is not null, "the job fired");
        await Eventually.Is(async () => (await schedule.GetStatus())!.LastRunId > first, "the job fired again");
    }

    [Fact]
    public async Task Firings_that_were_missed_while_no_silo_ran_are_caught_up_once()
    {
        if (!TestClusters.IsEmbeddedEngine && dialect == SqlDialect.Sqlite)
            return; // Orleans has no storage on SQLite that survives the silo
        await using (var before = await StartAsync())
        {
            await before.Client.Schedule(Job).Refresh();
            await before.StopAsync();
        }

        _clock.Advance(TimeSpan.FromHours(5));
        await using (var silo = await StartAsync())
        {
            var status = await EndedAsync(silo.Client.Schedule(Job));
            Assert.Equal((RunStatus.Success, Today(17)), (status.LastStatus, status.Next));
            await silo.StopAsync();
        }

        await using var again = await StartAsync();
        await again.Client.Schedule(Job).Refresh();
        Assert.Equal(1, await RunsAsync());
    }

    [Fact]
    public async Task A_firing_whose_silo_was_killed_is_observed_by_the_next_one()
    {
        if (!TestClusters.IsEmbeddedEngine && dialect == SqlDialect.Sqlite)
            return; // Orleans has no storage on SQLite that survives the silo
        await using (var before = await StartAsync())
        {
            Assert.Null((await before.Client.Schedule(Job).RunNow())!.Problem);
            await before.KillAsync();
        }

        await using var silo = await StartAsync();
        var status = await EndedAsync(silo.Client.Schedule(Job));

        Assert.Equal(RunStatus.Success, status.LastStatus);
        Assert.Equal(1, await RunsAsync());
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(9, 3)]
    [InlineData(0, 1)]
    public async Task A_failing_job_is_posted_to_the_webhook_in_at_most_three_attempts(int failures, int attempts)
    {
        var left = failures;
        await using var webhook = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(left-- > 0 ? 500 : 200, ""));
        _alerts.WebhookUrl = webhook.Base.AbsoluteUri;
        await using var upstream = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(400, "{}"));
        await using var silo = await StartAsync(upstream.Base);
        var schedule = silo.Client.Schedule(Job);
        await schedule.Refresh();
        _clock.Advance(TimeSpan.FromHours(1));
        await schedule.Refresh();

        var status = await EndedAsync(schedule);
        await Eventually.Is(() => webhook.Requests.Length == attempts, $"{attempts} attempts");
        // As soon as the message is delivered or given up, the job can start again.
        await Eventually.Is(async () => (await schedule.RunNow())!.Problem is null, "the job is idle");

        Assert.Equal(RunStatus.Failed, status.LastStatus);
        var text = JsonDocument.Parse(webhook.Requests[0].Body).RootElement.GetProperty("text").GetString();
        Assert.Equal($"Scheduled job failed: patients run={status.LastRunId} error={status.LastError}", text);
        Assert.Equal(
            attempts,
            webhook.Requests.Count(request => request.Body.Contains($"run={status.LastRunId} ", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_job_whose_source_is_unknown_fails_and_says_so()
    {
        Options.Source = "clinic";
        await using var webhook = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(200, ""));
        _alerts.WebhookUrl = webhook.Base.AbsoluteUri;
        await using var silo = await StartAsync();

        var firing = await silo.Client.Schedule(Job).RunNow();

        Assert.Equal("the settings have no source 'clinic'", firing!.Problem);
        var request = Assert.Single(webhook.Requests);
        Assert.Contains("Scheduled job failed: patients run=- error=the settings have no source", request.Body);
    }

    [Fact]
    public async Task A_paused_job_does_not_fire_and_its_missed_firings_are_not_caught_up()
    {
        await using var silo = await StartAsync();
        var schedule = silo.Client.Schedule(Job);
        await schedule.Refresh();

        var paused = await schedule.SetPaused(true);
        _clock.Advance(TimeSpan.FromHours(3));
        await schedule.Refresh();
        Assert.Equal((true, null), (paused!.Paused, paused.Next));
        Assert.Equal(0, await RunsAsync());

        var resumed = await schedule.SetPaused(false);
        Assert.Equal((false, Today(15)), (resumed!.Paused, resumed.Next));
        Assert.Equal(0, await RunsAsync());
    }

    [Fact]
    public async Task A_job_that_is_not_enabled_starts_only_by_a_call()
    {
        Options.Enabled = false;
        await using var silo = await StartAsync();
        var schedule = silo.Client.Schedule(Job);
        await schedule.Refresh();
        _clock.Advance(TimeSpan.FromHours(3));
        await schedule.Refresh();
        Assert.Equal(0, await RunsAsync());

        var firing = await schedule.RunNow();
        Assert.Null(firing!.Problem);
        Assert.Equal(RunStatus.Success, (await EndedAsync(schedule)).LastStatus);
        Assert.Null((await schedule.GetStatus())!.Next);
    }

    [Fact]
    public async Task A_job_whose_type_is_being_ingested_is_skipped()
    {
        _sandbox.Faults.Set(
            new FaultRule()
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 2,
                Type = "Patient",
            }
        );
        await using var silo = await StartAsync();
        var runId = await silo.Client.StartAsync(Source, "Patient");

        var firing = await silo.Client.Schedule(Job).RunNow();

        Assert.Equal($"run {runId} of default/Patient is active", firing!.Problem);
        Assert.Equal((ScheduleStatus.Skipped, null), (firing.Status.LastStatus, firing.Status.LastRunId));
        await silo.Client.EndOfAsync(runId);
    }

    [Fact]
    public async Task The_settings_jobs_are_listed_and_no_other_exists()
    {
        await using var silo = await StartAsync();

        Assert.Equal(
            ["patients", "observations", "encounters", "conditions", "backfill"],
            (await silo.Client.ScheduleQueries().ListJobs()).AsEnumerable()
        );
        Assert.Null(await silo.Client.Schedule("weekly").GetStatus());
        Assert.Null(await silo.Client.Schedule("weekly").RunNow());
        Assert.Null(await silo.Client.Schedule("weekly").SetPaused(true));
    }

    private static DateTimeOffset Today(int hour) => new(DateTime.UtcNow.Date.AddDays(1).AddHours(hour), TimeSpan.Zero);

    private Task<TestSilo> StartAsync(Uri? upstream = null) =>
        TestSilo.StartAsync(
            _database,
            new TestSiloOptions
            {
                Services = services =>
                {
                    services.AddSingleton(Microsoft.Extensions.Options.Options.Create(_alerts));
                    services.AddScheduling();
                    // Only the schedules have the test's clock: the engine collects activations by the real one.
                    services.AddSingleton(new ScheduleCatalog(Microsoft.Extensions.Options.Options.Create(_table), _clock));
                },
            },
            [Source],
            upstream ?? _sandbox.FhirBase
        );

    private Task<long> RunsAsync() => _database.Database.ValueAsync<long>("SELECT COUNT(*) FROM ingestion_runs", new { });

    private static async Task<(long?, DateTimeOffset?)> LastRunAndNextAsync(IScheduleGrain schedule)
    {
        var status = await schedule.GetStatus();
        return (status!.LastRunId, status.Next);
    }

    /// <summary>Waits until the job has fired and its run has ended.</summary>
    private static async Task<ScheduleStatus> EndedAsync(IScheduleGrain schedule)
    {
        ScheduleStatus? status = null;
        await Eventually.Is(
            async () => (status = await schedule.GetStatus())!.LastStatus is { } last && !RunStatus.IsActive(last),
            "the job's run ended"
        );
        return status!;
    }
}

public sealed class ScheduleOnSqliteTests() : ScheduleTests(SqlDialect.Sqlite);

public sealed class ScheduleOnPostgresTests() : ScheduleTests(SqlDialect.Postgres);
