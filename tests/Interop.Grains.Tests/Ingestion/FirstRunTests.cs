using Interop.Grains.Tests.Support;
using Interop.Ingestion;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The plain way: everything once, and then next to nothing.</summary>
public abstract class FirstRunTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task EverythingOnTheServerIsEitherLoadedOrADeadLetter()
    {
        var (sandbox, source) = await SandboxAsync();
        foreach (var type in (string[])["Patient", "Encounter", "Condition", "Observation"])
        {
            var summary = await Client.RunAsync(source, type);

            Assert.Equal(RunStatus.Success, summary.Status);
            Assert.Equal(sandbox.Store.Count(type), summary.Counters.Fetched);
            Assert.Equal(sandbox.Stats.Bad[type], summary.Counters.Invalid);
            Assert.Equal(summary.Counters.Validated, summary.Counters.Upserted + summary.Counters.LoadErrors);
            Assert.Equal(sandbox.Store.Count(type), await Database.CountAsync("resources", source, $"resource_type = '{type}'") + summary.Counters.DeadLetters);
        }
    }

    [Fact]
    public async Task ASecondRunFetchesOnlyTheOverlapAndChangesNothing()
    {
        var (sandbox, source) = await SandboxAsync();
        await Client.RunAsync(source, "Patient");
        var before = await StoredState.OfAsync(Database, source);
        var served = sandbox.Stats.ResourcesServed;

        var second = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, second.Status);
        Assert.InRange(second.Counters.Fetched, 1, 12);
        Assert.Equal(second.Counters.Fetched, second.Counters.Unchanged + second.Counters.Invalid);
        Assert.Equal(second.Counters.Fetched, sandbox.Stats.ResourcesServed - served);
        Assert.Equal(0, second.Counters.DeadLetters);
        Assert.Equal(second.CheckpointBefore, second.CheckpointAfter);
        Assert.Equal(before, await StoredState.OfAsync(Database, source));
    }
}

[Collection(OnSqlite.Name)]
public sealed class FirstRunOnSqliteTests(SqliteSilo silo) : FirstRunTests(silo);

[Collection(OnPostgres.Name)]
public sealed class FirstRunOnPostgresTests(PostgresSilo silo) : FirstRunTests(silo);
