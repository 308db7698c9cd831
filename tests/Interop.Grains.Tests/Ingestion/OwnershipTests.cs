using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Running;
using Interop.Ingestion.Runs;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>A run has one owner at a time, and only the owner can write.</summary>
public abstract class OwnershipTests(SharedSilo shared) : IngestionSuite(shared)
{
    // Every page waits, so that a test can do something while the run is under way.
    private static FaultRule Slow { get; } =
        new()
        {
            Kind = FaultKind.SlowHeaders,
            Seconds = 0.15,
            Type = "Patient",
        };

    [Fact]
    public async Task A_writer_of_an_older_epoch_can_neither_advance_nor_end_the_run()
    {
        var source = NewSourceName();
        var run = await InsertAsync(source);
        var old = await ClaimAsync(run.RunId);
        var present = await ClaimAsync(run.RunId);

        Assert.Null(await AdvanceAsync(old));
        Assert.Null(await FinishAsync(old with { Watermark = DateTimeOffset.UnixEpoch }));

        var advanced = await AdvanceAsync(present);
        Assert.NotNull(advanced);
        Assert.Equal(0, await Database.CountAsync("checkpoints", source));
        Assert.Null(await FinishAsync(present)); // it does not know of its last page
        Assert.Equal(RunStatus.Success, (await FinishAsync(advanced))!.Status);
    }

    [Fact]
    public async Task A_cancelled_run_cannot_be_ended_by_its_writer_and_its_checkpoint_does_not_move()
    {
        var source = NewSourceName();
        var run = await ClaimAsync((await InsertAsync(source)).RunId);
        await Database.WriteAsync((session, token) => RunStore.CancelAsync(session, run.RunId, DateTimeOffset.UtcNow, token));

        var ended = await FinishAsync(run with { Watermark = DateTimeOffset.UnixEpoch });

        Assert.Null(ended);
        Assert.Equal(0, await Database.CountAsync("checkpoints", source));
        Assert.Null(await Database.WriteAsync((session, token) => RunStore.ClaimAsync(session, run.RunId, Claim, token)));
    }

    [Fact]
    public async Task A_page_that_a_crashed_database_forgot_is_fetched_again()
    {
        const int Pages = 6;
        const int Size = 5;
        var (source, runId, forgotten) = ("", 0L, false);
        string Resource(int page, int i) =>
            $$$"""
                {"resourceType":"Patient","id":"p{{{page}}}-{{{i}}}","meta":{"versionId":"1","lastUpdated":"2026-01-0{{{page}}}T00:00:00Z"}}
                """;
        (_, source) = await ScriptedAsync(request =>
        {
            if (request.IsMetadata)
                return ScriptedAnswer.NotFound;
            var page = request.Query.TryGetValue("page", out var given)
                ? int.Parse(given!, System.Globalization.CultureInfo.InvariantCulture)
                : 1;
            if (page == 5 && !forgotten)
            {
                // The fourth page was committed, and the server loses it as a crash does: rows, counters and cursor.
                forgotten = true;
                Eventually
                    .Is(
                        async () =>
                            await Database.ValueAsync<long>(
                                "SELECT COALESCE(MAX(pages), 0) FROM ingestion_runs WHERE run_id = @id",
                                new { id = Volatile.Read(ref runId) }
                            ) == 4,
                        "four pages were committed"
                    )
                    .GetAwaiter()
                    .GetResult();
                Forget(runId, "p4-%", "2026-01-03T00:00:00.0000000Z", Size).GetAwaiter().GetResult();
            }

            return ScriptedAnswer.Bundle(
                Enumerable.Range(0, Size).Select(i => Resource(page, i)),
                page < Pages ? $"{request.Base}/Patient?page={page + 1}" : null
            );
        });

        Volatile.Write(ref runId, await Client.StartAsync(source, "Patient"));
        var run = await Client.EndOfAsync(runId);

        Assert.True(forgotten);
        Assert.True(run.Status == RunStatus.Success, run.Error);
        Assert.Equal(Pages * Size, await Database.CountAsync("resources", source));
        Assert.Equal(Pages * Size, await Database.CountAsync("patients", source));
        Assert.Equal((Pages * Size, Pages * Size), (run.Counters.Fetched, run.Counters.Upserted));
        Assert.Equal(2, await Database.ValueAsync<long>("SELECT epoch FROM ingestion_runs WHERE run_id = @runId", new { runId }));

        Task Forget(long run, string ids, string cursor, int size) =>
            Database.WriteAsync(
                async (session, token) =>
                {
                    await session.ExecuteAsync(
                        "DELETE FROM resources WHERE source = @source AND resource_id LIKE @ids",
                        new { source, ids },
                        token
                    );
                    await session.ExecuteAsync("DELETE FROM patients WHERE source = @source AND id LIKE @ids", new { source, ids }, token);
                    await session.ExecuteAsync(
                        """
                        UPDATE ingestion_runs SET pages = pages - 1, cursor = @cursor, watermark = @cursor, fetched = fetched - @size,
                                                  validated = validated - @size, upserted = upserted - @size WHERE run_id = @run
                        """,
                        new
                        {
                            run,
                            size,
                            cursor = DateTimeOffset.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture),
                        },
                        token
                    );
                }
            );
    }

    [Fact]
    public async Task Two_workers_on_one_run_leave_the_end_state_of_one()
    {
        var (_, plain) = await SandboxAsync();
        var expected = await Client.RunAsync(plain, "Patient");
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Slow);
        var runId = await Client.StartAsync(source, "Patient");

        // A second activation of the same run, as after a partition of the cluster: it takes the run away from the first.
        await using var second = ActivatorUtilities.CreateInstance<RunWorker>(Shared.Silo.Services, runId);
        second.Start();
        await second.Completion;

        var run = await Client.EndOfAsync(runId);
        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal(expected.Counters, run.Counters with { Refetched = 0 });
        Assert.Equal(await StoredState.OfAsync(Database, plain), await StoredState.OfAsync(Database, source));
        Assert.Equal(2, await Database.ValueAsync<long>("SELECT epoch FROM ingestion_runs WHERE run_id = @runId", new { runId }));
    }

    [Fact]
    public async Task One_run_of_a_source_and_type_is_active_at_a_time()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Slow);
        var runId = await Client.StartAsync(source, "Patient");

        var second = await Client.Checkpoint(source, "Patient").StartRun(Runs.Request("Patient"));
        var replay = await Client.Checkpoint(source, "Patient").StartReplay(runId, DeadLetterStage.Validate);
        var other = await Client.RunAsync(source, "Encounter", missing: MissingPatients.Ignore);
        await Client.EndOfAsync(runId);
        var afterwards = await Client.RunAsync(source, "Patient");

        Assert.Equal(new StartRunResult(StartOutcome.AlreadyActive, runId, RunStatus.Running), second);
        Assert.Equal((StartOutcome.AlreadyActive, runId), (replay.Outcome, replay.RunId));
        Assert.Equal(RunStatus.Success, other.Status);
        Assert.Equal(RunStatus.Success, afterwards.Status);
    }

    [Fact]
    public async Task Of_many_starts_at_once_exactly_one_succeeds()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Slow);

        var starts = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Client.Checkpoint(source, "Patient").StartRun(Runs.Request("Patient")))
        );

        var started = Assert.Single(starts, s => s.Outcome == StartOutcome.Started);
        Assert.All(starts, s => Assert.Equal(started.RunId, s.RunId));
        Assert.Equal(RunStatus.Success, (await Client.EndOfAsync(started.RunId)).Status);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_was_committed_and_the_next_run_completes()
    {
        var (sandbox, source) = await SandboxAsync(Small with { Patients = 120, BadShare = 0 });
        sandbox.Faults.Set(Slow);
        var runId = await Client.StartAsync(source, "Patient");
        await Eventually.Is(async () => await Database.CountAsync("patients", source) >= 25, "a page was committed");

        var cancelled = await Client.Run(runId).Cancel();
        var again = await Client.Run(runId).Cancel();
        var run = await Client.EndOfAsync(runId);
        var committed = await Database.CountAsync("patients", source);
        sandbox.Faults.Clear();
        var next = await Client.RunAsync(source, "Patient");

        Assert.True(cancelled);
        Assert.False(again);
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.Null(run.CheckpointAfter);
        Assert.Equal(committed, run.Counters.Upserted);
        Assert.InRange(committed, 25, 119);
        Assert.Equal((120, committed), (next.Counters.Fetched, next.Counters.Unchanged));
        Assert.Equal(120, await Database.CountAsync("patients", source));
    }

    [Fact]
    public async Task An_unknown_source_and_an_unknown_type_are_refused()
    {
        var (_, source) = await SandboxAsync(new SandboxOptions { Patients = 0 });

        Assert.Equal(StartOutcome.UnknownSource, (await Client.Checkpoint("nowhere", "Patient").StartRun(Runs.Request("Patient"))).Outcome);
        Assert.Equal(StartOutcome.UnknownType, (await Client.Checkpoint(source, "Person2").StartRun(Runs.Request("Person2"))).Outcome);
    }

    [Fact]
    public async Task A_second_attempt_shows_retrying_while_it_runs()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Slow);
        var request = Runs.Request("Patient") with { Meta = RunMeta.None with { Attempt = 2, MaxAttempts = 3, Job = "patients" } };

        var started = await Client.Checkpoint(source, "Patient").StartRun(request);
        var run = await Client.EndOfAsync(started.RunId);

        Assert.Equal(RunStatus.Retrying, started.Status);
        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Contains("\"max_attempts\":3", (await Client.DetailAsync(run.RunId)).Details.Text);
    }

    [Fact]
    public async Task A_forgotten_checkpoint_makes_the_next_run_begin_at_the_beginning()
    {
        var (sandbox, source) = await SandboxAsync();
        await Client.RunAsync(source, "Patient");

        var forgotten = await Client.Checkpoint(source, "Patient").Forget();
        var nothing = await Client.Checkpoint(source, "Patient").Forget();
        var run = await Client.RunAsync(source, "Patient");

        Assert.True(forgotten);
        Assert.False(nothing);
        Assert.Equal((null, sandbox.Store.Count("Patient")), (run.Since, run.Counters.Fetched));
    }

    [Fact]
    public async Task Refused_starts_use_up_no_run_ids()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Slow);
        var first = await Client.StartAsync(source, "Patient");

        var refused = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => Client.Checkpoint(source, "Patient").StartRun(Runs.Request("Patient")))
        );
        Assert.All(refused, start => Assert.Equal((StartOutcome.AlreadyActive, first), (start.Outcome, start.RunId)));
        Assert.Equal(StartOutcome.UnknownSource, (await Client.Checkpoint("nowhere", "Patient").StartRun(Runs.Request("Patient"))).Outcome);
        var next = await Client.StartAsync(source, "Encounter");

        Assert.Equal(first + 1, next);
        await Client.EndOfAsync(first);
        await Client.EndOfAsync(next);
    }

    [Fact]
    public async Task A_run_during_which_the_clock_was_set_back_has_no_negative_duration()
    {
        var source = NewSourceName();
        var run = await ClaimAsync((await InsertAsync(source, DateTimeOffset.UtcNow.AddHours(1))).RunId);

        Assert.NotNull(await FinishAsync(run));

        Assert.Equal(0, (await Client.SummaryAsync(run.RunId)).DurationSeconds);
        Assert.Equal(0, (await Client.DetailAsync(run.RunId)).DurationSeconds);
        var listed = await Client.IngestionQueries().ListRuns(new RunFilter(null, source, null, null, null, null, null, false, 10));
        Assert.Equal(0, Assert.Single(listed).DurationSeconds);
    }

    private static RunClaim Claim { get; } =
        new(ProcessIdentity.Current(ProcessKind.Server), MayReplaceOwn: true, TimeSpan.FromSeconds(20));

    private Task<RunRecord> InsertAsync(string source, DateTimeOffset? startedAt = null) =>
        Database.WriteAsync(
            async (session, token) =>
            {
                var run = new RunRecord
                {
                    Source = source,
                    ResourceType = "Patient",
                    Status = RunStatus.Running,
                    StartedAt = startedAt ?? DateTimeOffset.UtcNow,
                };
                return (await RunStore.InsertAsync(session, run, token))!;
            }
        );

    private async Task<RunRecord> ClaimAsync(long runId) =>
        (await Database.WriteAsync((session, token) => RunStore.ClaimAsync(session, runId, Claim, token)))!;

    private Task<RunRecord?> AdvanceAsync(RunRecord run) =>
        Database.WriteAsync((session, token) => RunStore.AdvanceAsync(session, run, default, new PageCounters(), [], 0, token));

    private Task<RunRecord?> FinishAsync(RunRecord run) =>
        Database.WriteAsync(
            (session, token) => RunStore.FinishAsync(session, run, new RunEnd(RunStatus.Success), DateTimeOffset.UtcNow, token)
        );
}

[Collection(OnSqlite.Name)]
public sealed class OwnershipOnSqliteTests(SqliteSilo silo) : OwnershipTests(silo);

[Collection(OnPostgres.Name)]
public sealed class OwnershipOnPostgresTests(PostgresSilo silo) : OwnershipTests(silo);
