using FsCheck;
using FsCheck.Fluent;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Ingestion.Running;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Ingestion.Model;

/// <summary>
/// Random histories of a server and of runs against it (docs/watermark.md): commits, late commits, ties, expiries, pages that come twice,
/// commits while a result is paged, owners that are replaced or stopped between pages. After every run nothing that was visible when it
/// began is missing, every version is counted once, and the watermark is the highest instant that was settled.
/// </summary>
public abstract class WatermarkModelTests(SharedSilo shared) : IngestionSuite(shared)
{
    private enum Step
    {
        Commit,
        LateCommit,
        Tie,
        Pass,
        Run,
    }

    private sealed record Move(Step Step, int Id, int Amount);

    /// <param name="ExpiringPage">Answers 410.</param>
    /// <param name="RepeatedPage">Is followed by itself.</param>
    /// <param name="CommitAt">At this page another client writes.</param>
    /// <param name="TakeOverAt">At this page another worker takes the run.</param>
    /// <param name="StopAt">And at this one it is stopped.</param>
    private sealed record Disturbance(int? ExpiringPage, int? RepeatedPage, int? CommitAt, int? TakeOverAt, int? StopAt)
    {
        public static Disturbance None { get; } = new(null, null, null, null, null);

        public static Disturbance Of(int amount) =>
            new(
                amount % 2 == 0 ? 2 + amount % 3 : null,
                amount % 3 == 0 ? 1 + amount % 4 : null,
                amount % 5 == 0 ? 1 + amount % 3 : null,
                amount % 7 < 3 ? 1 + amount % 3 : null,
                amount % 7 == 0 ? 3 + amount % 2 : null
            );
    }

    private sealed record Stored(string ResourceId, string VersionId);

    [Fact]
    public void Any_history_ends_in_the_state_of_the_model()
    {
        var move =
            from step in Gen.Frequency(
                (4, Gen.Constant(Step.Commit)),
                (3, Gen.Constant(Step.LateCommit)),
                (2, Gen.Constant(Step.Tie)),
                (2, Gen.Constant(Step.Pass)),
                (3, Gen.Constant(Step.Run))
            )
            from id in Gen.Choose(0, 15)
            from amount in Gen.Choose(0, 209)
            select new Move(step, id, amount);
        var history = move.ArrayOf(14);

        Prop.ForAll(history.ToArbitrary(), moves => PlayAsync(moves).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithReplay(20260110, 7919));
    }

    private async Task PlayAsync(Move[] moves)
    {
        var upstream = new ModelServer();
        await using var server = await ScriptedServer.StartAsync(upstream.Answer);
        var source = NewSourceName();
        Shared.Silo.AddSource(source, server.Base);
        foreach (var move in moves)
        {
            switch (move.Step)
            {
                case Step.Commit:
                    upstream.Commit($"p{move.Id}");
                    break;
                case Step.LateCommit:
                    upstream.Commit($"p{move.Id}", secondsAgo: move.Amount % 120);
                    break;
                case Step.Tie:
                    for (var i = 0; i < 7; i++)
                        upstream.Commit($"p{(move.Id + i) % 16}");
                    break;
                case Step.Pass:
                    upstream.Pass(move.Amount * 5);
                    break;
                default:
                    await RunAsync(upstream, source, Disturbance.Of(move.Amount));
                    break;
            }
        }

        await RunAsync(upstream, source, Disturbance.None);
        Assert.Equal(upstream.Current.OrderBy(v => v.Key), (await StoredAsync(source)).OrderBy(v => v.Key));
        Assert.Equal(0, (await RunAsync(upstream, source, Disturbance.None)).Counters.Upserted);
    }

    private async Task<RunSummary> RunAsync(ModelServer upstream, string source, Disturbance disturbance)
    {
        var visible = upstream.Current;
        var before = await StoredAsync(source);
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Begin(
            disturbance.ExpiringPage,
            disturbance.RepeatedPage,
            [
                .. At(disturbance.CommitAt, () => upstream.Commit("p3")),
                .. At(disturbance.TakeOverAt, () => taken.TrySetResult()),
                .. At(disturbance.StopAt, () => stopped.TrySetResult()),
            ]
        );

        var runId = await Client.StartAsync(source, "Patient");
        var end = Client.EndOfAsync(runId);
        if (disturbance.TakeOverAt is not null)
        {
            await Task.WhenAny(taken.Task, end);
            await using var other = ActivatorUtilities.CreateInstance<RunWorker>(Shared.Silo.Services, runId);
            other.Start();
            await Task.WhenAny(other.Completion, disturbance.StopAt is null ? end : stopped.Task, end);
        }

        var run = await end;
        Assert.True(run.Status == RunStatus.Success, run.Error);
        await CheckAsync(
            upstream,
            source,
            run,
            visible,
            before,
            isInterrupted: disturbance.TakeOverAt is not null,
            hasCommits: disturbance.CommitAt is not null
        );
        return run;
    }

    private async Task CheckAsync(
        ModelServer upstream,
        string source,
        RunSummary run,
        Dictionary<string, int> visible,
        Dictionary<string, int> before,
        bool isInterrupted,
        bool hasCommits
    )
    {
        var stored = await StoredAsync(source);
        Assert.All(
            visible,
            v =>
                Assert.True(
                    stored.GetValueOrDefault(v.Key) >= v.Value,
                    $"{v.Key}: version {v.Value} was visible, {stored.GetValueOrDefault(v.Key)} is stored"
                )
        );
        Assert.All(stored, v => Assert.True(upstream.Current[v.Key] >= v.Value));
        Assert.Equal(run.Counters.Fetched, run.Counters.Upserted + run.Counters.Unchanged);
        var delivered = upstream.Delivered;
        var undisturbed = !isInterrupted && !hasCommits;
        var newer = delivered.Count(v => v.Number > before.GetValueOrDefault(v.Id));
        if (isInterrupted)
        {
            // A page that a replaced owner had fetched and not committed counts only if it came again.
            Assert.InRange(run.Counters.Fetched, 0, delivered.Count);
            Assert.InRange(run.Counters.Upserted, stored.Count(v => v.Value > before.GetValueOrDefault(v.Key)), newer);
        }
        else
        {
            Assert.Equal((delivered.Count, newer), (run.Counters.Fetched, run.Counters.Upserted));
        }

        // The watermark never goes back, and stands at the highest instant of what is settled.
        var highest = delivered.Select(v => (DateTimeOffset?)v.Stamp).Append(run.CheckpointBefore).Max();
        Assert.True(run.CheckpointBefore is null || run.CheckpointAfter >= run.CheckpointBefore);
        Assert.True(run.CheckpointAfter is null || run.CheckpointAfter <= highest);
        if (undisturbed)
            Assert.Equal(highest, run.CheckpointAfter);
    }

    private static (int, Action)[] At(int? page, Action act) => page is { } number ? [(number, act)] : [];

    private async Task<Dictionary<string, int>> StoredAsync(string source) =>
        (
            await Database.ReadAsync(
                (session, token) =>
                    session.QueryAsync<Stored>(
                        "SELECT resource_id, version_id FROM resources WHERE source = @source",
                        new { source },
                        token
                    )
            )
        ).ToDictionary(r => r.ResourceId, r => int.Parse(r.VersionId));
}

[Collection(OnSqlite.Name)]
public sealed class WatermarkModelOnSqliteTests(SqliteSilo silo) : WatermarkModelTests(silo);

[Collection(OnPostgres.Name)]
public sealed class WatermarkModelOnPostgresTests(PostgresSilo silo) : WatermarkModelTests(silo);
