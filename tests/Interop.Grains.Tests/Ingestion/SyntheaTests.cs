using System.Text.Json;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Runs where the Synthea data is, and is reported as skipped with the reason where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SyntheaFactAttribute : FactAttribute
{
    public SyntheaFactAttribute()
    {
        if (Directory is null)
            Skip = "No synthea-100 in $INTEROP_TEST_DATA or in ../shared/data beside the checkout.";
    }

    public static string? Directory { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } root)
            return Existing(root);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
                return Existing(Path.Combine(folder.FullName, "..", "shared", "data"));
        }

        return null;
    }

    private static string? Existing(string root) =>
        Path.Combine(root, "synthea-100") is var path && System.IO.Directory.Exists(path) ? path : null;
}

/// <summary>Published data of a hundred patients, all of it, without one dead letter.</summary>
public abstract class SyntheaTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static readonly (string Type, int Count)[] MainTypes =
        [("Patient", 98), ("Encounter", 3_666), ("Condition", 633), ("Observation", 16_056)];

    [SyntheaFact]
    public async Task EveryResourceOfThePublishedDataIsLoaded()
    {
        var (sandbox, source) = await SandboxAsync(new SandboxOptions { DataDirectory = SyntheaFactAttribute.Directory });
        foreach (var (type, count) in MainTypes)
        {
            var run = await Client.RunAsync(source, type);
            Assert.Equal((RunStatus.Success, count, count, 0), (run.Status, run.Counters.Fetched, run.Counters.Upserted, run.Counters.DeadLetters));
        }

        Assert.Equal(98, await Database.CountAsync("patients", source));
        Assert.Equal(16_056, await Database.CountAsync("observations", source));
        Assert.Equal(3_666, await Database.CountAsync("encounters", source));
        Assert.Equal(633, await Database.CountAsync("conditions", source));

        foreach (var type in sandbox.Store.Types.Except(MainTypes.Select(t => t.Type)))
            Assert.Equal(sandbox.Store.Count(type), (await Client.RunAsync(source, type)).Counters.Upserted);

        Assert.Equal(38_039, await Database.CountAsync("resources", source));
        Assert.Equal(0, await Database.CountAsync("dead_letters", source));
        using var counts = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(SyntheaFactAttribute.Directory!, "counts.json")));
        Assert.Equal(17, sandbox.Store.Types.Count);
        Assert.All(sandbox.Store.Types, type => Assert.Equal(sandbox.Store.Count(type), counts.RootElement.GetProperty(type).GetInt32()));
    }
}

[Collection(OnSqlite.Name)]
public sealed class SyntheaOnSqliteTests(SqliteSilo silo) : SyntheaTests(silo);

[Collection(OnPostgres.Name)]
public sealed class SyntheaOnPostgresTests(PostgresSilo silo) : SyntheaTests(silo);
