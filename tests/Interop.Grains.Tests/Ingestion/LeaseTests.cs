using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Runs;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Processes that share a database: only a run whose owner is silent gets another owner.</summary>
public abstract class LeaseTests(SqlDialect dialect) : IAsyncLifetime
{
    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(20);
    private static readonly ProcessIdentity Here = ProcessIdentity.Current(ProcessKind.Server);
    private static readonly ProcessIdentity Elsewhere = Here with { Host = "elsewhere" };

    private TestDatabase _database = null!;
    private SandboxServer _sandbox = null!;

    private Database Database => _database.Database;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 60, BadShare = 0 });
    }

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_run_is_claimed_from_a_silent_owner_only()
    {
        var runId = await InsertAsync(ProcessKind.Server);
        var first = await ClaimAsync(runId, Elsewhere);

        Assert.NotNull(first);
        Assert.Null(await ClaimAsync(runId, Here));
        await SilenceAsync(runId);
        var second = await ClaimAsync(runId, Here);

        Assert.Equal((1, 2), (first.Epoch, second!.Epoch));
        Assert.False(await RenewAsync(first));
        Assert.True(await RenewAsync(second));
    }

    [Fact]
    public async Task A_silent_owner_that_was_frozen_within_a_COPY_does_not_hold_up_the_claim()
    {
        if (dialect != SqlDialect.Postgres)
            return; // no server keeps locks for a process on SQLite
        var claim = new RunClaim(Here, MayReplaceOwn: false, TimeSpan.FromSeconds(1));
        var runId = await InsertAsync(ProcessKind.Server);
        await ClaimAsync(runId, Elsewhere);
        await SilenceAsync(runId);
        var connection = new NpgsqlConnectionStringBuilder(DatabaseProviders.ForOrleans(_database.Options).ConnectionString)
        {
            ApplicationName = Elsewhere.SessionName,
            SearchPath = "public",
            Pooling = false,
        };
        await using var frozen = new NpgsqlConnection(connection.ConnectionString);
        await frozen.OpenAsync();
        await using var begin = new NpgsqlCommand(
            $"BEGIN; UPDATE ingestion_runs SET pages = pages WHERE run_id = {runId}; CREATE TEMP TABLE rows_of_a_page (id int)",
            frozen
        );
        await begin.ExecuteNonQueryAsync();
        var copy = await frozen.BeginBinaryImportAsync("COPY rows_of_a_page FROM STDIN BINARY");
        await Eventually.Is(
            () =>
                Database.ValueAsync<bool>(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = @name AND state_change < clock_timestamp() - interval '600 ms')",
                    new { name = Elsewhere.SessionName }
                ),
            "the server has waited for rows for a while"
        );

        var claimed = await Database.WriteAsync((session, token) => RunStore.ClaimAsync(session, runId, claim, token));

        Assert.Equal(2, claimed!.Epoch);
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await copy.CompleteAsync());
    }

    [Fact]
    public async Task A_run_whose_process_has_ended_on_this_machine_is_claimed_at_once()
    {
        var runId = await InsertAsync(ProcessKind.Server);
        Assert.NotNull(await ClaimAsync(runId, Here with { StartedAt = Here.StartedAt.AddDays(-1) }));

        Assert.NotNull(await ClaimAsync(runId, Here));
    }

    [Fact]
    public async Task A_released_run_is_claimed_at_once()
    {
        var runId = await InsertAsync(ProcessKind.Server);
        var run = await ClaimAsync(runId, Elsewhere);
        await Database.WriteAsync((session, token) => RunStore.ReleaseAsync(session, run!, token));

        Assert.NotNull(await ClaimAsync(runId, Here));
    }

    [Fact]
    public async Task A_command_does_not_resume_the_run_of_a_server()
    {
        var runId = await InsertAsync(ProcessKind.Server);

        Assert.Null(await ClaimAsync(runId, Here with { Kind = ProcessKind.Command }));
        Assert.Empty(await Database.ReadAsync((session, token) => RunStore.ActiveIdsAsync(session, "command", token)));
        Assert.Equal([runId], await Database.ReadAsync((session, token) => RunStore.ActiveIdsAsync(session, "server", token)));
    }

    [Fact]
    public async Task A_run_that_a_command_abandoned_ends_FAILED_when_a_server_starts_another()
    {
        var abandoned = await InsertAsync(ProcessKind.Command);
        await using var silo = await StartAsync(Here);

        var run = await silo.Client.RunAsync("sandbox", "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        var ended = await silo.Client.SummaryAsync(abandoned);
        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.StartsWith("interrupted: the command process that began it has ended", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_follows_the_run_of_the_first_to_its_end_and_does_not_take_it()
    {
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.2,
                Type = "Patient",
            }
        );
        await using var first = await StartAsync(Here);
        await using var second = await StartAsync(Elsewhere);
        var runId = await first.Client.StartAsync("sandbox", "Patient");
        await Eventually.Is(async () => await PagesAsync(runId) > 0, "a page was committed");

        var start = await second.Client.Checkpoint("sandbox", "Patient").StartRun(Runs.Request("Patient"));
        var last = await second.Client.Run(runId).FollowToEndAsync().LastAsync();

        Assert.Equal((StartOutcome.AlreadyActive, runId), (start.Outcome, start.RunId));
        Assert.Equal(RunStatus.Success, last.Status);
        Assert.Equal(1, await Database.ValueAsync<long>("SELECT epoch FROM ingestion_runs WHERE run_id = @runId", new { runId }));
    }

    [Fact]
    public async Task A_stopping_process_releases_its_run_and_another_one_resumes_it_at_once()
    {
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.2,
                Type = "Patient",
            }
        );
        long runId;
        await using (var first = await StartAsync(Here))
        {
            runId = await first.Client.StartAsync("sandbox", "Patient");
            await Eventually.Is(async () => await PagesAsync(runId) > 0, "a page was committed");
            await first.StopAsync();
        }

        _sandbox.Faults.Clear();
        Assert.Null(await Database.ValueAsync<string>("SELECT owner FROM ingestion_runs WHERE run_id = @runId", new { runId }));
        await using var second = await StartAsync(Elsewhere);
        var run = await second.Client.EndOfAsync(runId);

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal(60, await Database.CountAsync("patients", "sandbox"));
    }

    [Fact]
    public async Task A_source_that_was_filled_from_another_server_is_refused_until_the_server_is_adopted()
    {
        await using (var silo = await StartAsync(Here))
            await silo.Client.RunAsync("sandbox", "Patient");
        await using var other = await SandboxServer.StartAsync(new SandboxOptions { Patients = 5, BadShare = 0 });
        await using var moved = await TestSilo.StartAsync(_database, null, ["sandbox"], other.FhirBase);

        var refused = await moved.Client.Checkpoint("sandbox", "Patient").StartRun(Runs.Request("Patient"));
        var adopted = await moved.Client.RunAsync("sandbox", "Patient", Runs.Request("Patient") with { Adopt = true });
        var next = await moved.Client.RunAsync("sandbox", "Patient");

        Assert.Equal(StartOutcome.OtherServer, refused.Outcome);
        Assert.StartsWith($"the source 'sandbox' was filled from {_sandbox.FhirBase}", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("--adopt", refused.Reason, StringComparison.Ordinal);
        Assert.Equal((RunStatus.Success, RunStatus.Success), (adopted.Status, next.Status));
    }

    [Fact]
    public async Task Followers_of_an_interrupted_run_start_one_worker()
    {
        var runId = await InsertAsync(ProcessKind.Server);
        await using var silo = await StartAsync(Here, recovers: false);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => silo.Client.Run(runId).FollowToEndAsync().LastAsync().AsTask()));

        Assert.Equal(1, await Database.ValueAsync<long>("SELECT epoch FROM ingestion_runs WHERE run_id = @runId", new { runId }));
    }

    [Fact]
    public async Task A_second_server_with_the_embedded_engine_is_refused_and_told_the_first()
    {
        await using var first = Lease(Here);
        await using var second = Lease(Here with { ProcessId = Environment.ProcessId, Kind = ProcessKind.Command });
        await first.StartingAsync(CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<DatabaseInUseException>(() => second.StartingAsync(CancellationToken.None));
        await first.StoppedAsync(CancellationToken.None);
        await second.StartingAsync(CancellationToken.None);

        Assert.Contains(
            $"is used by process {Environment.ProcessId} on {Environment.MachineName} since 20",
            refusal.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("stop it first", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_takes_the_database_of_a_killed_one_at_once()
    {
        await using var killed = Lease(Here with { StartedAt = Here.StartedAt.AddHours(-3) });
        await killed.StartingAsync(CancellationToken.None);

        await using var next = Lease(Here);
        await next.StartingAsync(CancellationToken.None);

        Assert.Equal(Here.ToString(), await Database.ValueAsync<string>("SELECT owner FROM process_leases"));
    }

    private ProcessLease Lease(ProcessIdentity process) =>
        new(
            Database,
            process,
            Options.Create(new LeaseOptions()),
            TimeProvider.System,
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
            NullLogger<ProcessLease>.Instance
        );

    private Task<TestSilo> StartAsync(ProcessIdentity process, bool recovers = true) =>
        TestSilo.StartAsync(
            _database,
            new TestSiloOptions { RecoversAtStart = recovers, Services = services => services.AddSingleton(process) },
            ["sandbox"],
            _sandbox.FhirBase
        );

    private async Task<long> InsertAsync(ProcessKind kind)
    {
        var run = new RunRecord
        {
            Source = "sandbox",
            ResourceType = "Patient",
            Status = RunStatus.Running,
            StartedAt = DateTimeOffset.UtcNow,
            ProcessKind = kind.ToString().ToLowerInvariant(),
        };
        return (await Database.WriteAsync((session, token) => RunStore.InsertAsync(session, run, token)))!.RunId;
    }

    private Task<RunRecord?> ClaimAsync(long runId, ProcessIdentity process) =>
        Database.WriteAsync(
            (session, token) => RunStore.ClaimAsync(session, runId, new RunClaim(process, MayReplaceOwn: false, SilentAfter), token)
        );

    private Task<bool> RenewAsync(RunRecord run) => Database.WriteAsync((session, token) => RunStore.RenewAsync(session, run, token));

    private Task<int> SilenceAsync(long runId) =>
        Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    "UPDATE ingestion_runs SET heartbeat_at = @at WHERE run_id = @runId",
                    new { runId, at = DateTimeOffset.UtcNow.AddMinutes(-1) },
                    token
                )
        );

    private Task<long> PagesAsync(long runId) =>
        Database.ValueAsync<long>("SELECT pages FROM ingestion_runs WHERE run_id = @runId", new { runId });
}

[Collection(OnSqlite.Name)]
public sealed class LeaseOnSqliteTests() : LeaseTests(SqlDialect.Sqlite);

[Collection(OnPostgres.Name)]
public sealed class LeaseOnPostgresTests() : LeaseTests(SqlDialect.Postgres);
