using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Tests;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The first run fetches everything; a second run fetches only the overlap.</summary>
public abstract class FirstRunTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task Everything_on_the_server_is_either_loaded_or_a_dead_letter()
    {
        var (sandbox, source) = await SandboxAsync();
        foreach (var type in (string[])["Patient", "Encounter", "Condition", "Observation"])
        {
            var summary = await Client.RunAsync(source, type);

            Assert.Equal(RunStatus.Success, summary.Status);
            Assert.Equal(sandbox.Store.Count(type), summary.Counters.Fetched);
            Assert.Equal(sandbox.Stats.Bad[type], summary.Counters.Invalid);
            Assert.Equal(summary.Counters.Validated, summary.Counters.Upserted + summary.Counters.LoadErrors);
            Assert.Equal(
                sandbox.Store.Count(type),
                await Database.CountAsync("resources", source, $"resource_type = '{type}'") + summary.Counters.DeadLetters
            );
        }
    }

    [Fact]
    public async Task Every_resource_type_of_r4_can_be_ingested()
    {
        var examples = PublishedExamples();
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(examples[request.Path].DefaultIfEmpty($$"""{"resourceType":"{{request.Path}}","id":"bare"}"""))
        );
        var types = R4Schema.Default.ResourceTypes.Where(t => !t.IsAbstract).Select(t => t.Name).ToList();
        Assert.True(types.Count >= 146);
        foreach (var type in types)
        {
            var run = await Client.RunAsync(source, type, missing: MissingPatients.Ignore);

            Assert.True(run.Status == RunStatus.Success, $"{type}: {run.Error}");
            Assert.Equal((type, Math.Max(1, examples[type].Distinct().Count())), (type, run.Counters.Fetched));
            Assert.Equal((type, run.Counters.Fetched), (type, run.Counters.Upserted + run.Counters.DeadLetters));
            var letters = (await Client.DetailAsync(run.RunId)).DeadletterSample;
            // One of the examples has an item without linkId.
            if (examples.Contains(type) && letters.FirstOrDefault(l => !l.Error.Contains("linkId", StringComparison.Ordinal)) is { } letter)
                Assert.Fail($"{type}: {letter.Error}");
        }
    }

    /// <summary>The standard's examples with an id, by type; none where the data is not here, and each type has a bare resource
    /// then.</summary>
    private static ILookup<string, string> PublishedExamples() =>
        (PublishedData.Find(Path.Combine("fhir-r4", "examples")) is { } folder ? Directory.GetFiles(folder, "*.json") : [])
            .Select(File.ReadAllText)
            .Where(text => JsonDocument.Parse(text).RootElement.TryGetProperty("id", out _))
            .ToLookup(text => JsonDocument.Parse(text).RootElement.GetProperty("resourceType").GetString()!);

    [Fact]
    public async Task A_second_run_fetches_only_the_overlap_and_changes_nothing()
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
