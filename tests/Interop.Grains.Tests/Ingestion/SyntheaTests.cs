using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Storage;
using Interop.Tests;
using Interop.Views;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Published data of a hundred patients, all of it, without one dead letter; on a silo with pages as large as in
/// production.</summary>
public abstract class SyntheaTests(SqlDialect dialect)
{
    private const string Source = "synthea";

    private static readonly (string Type, int Count)[] MainTypes =
    [
        ("Patient", 98),
        ("Encounter", 3_666),
        ("Condition", 633),
        ("Observation", 16_056),
    ];

    [DataFact("synthea-100")]
    public async Task Every_resource_of_the_published_data_is_loaded()
    {
        await using var database = await TestDatabase.CreateAsync(dialect);
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions { DataDirectory = PublishedData.Require("synthea-100") }
        );
        await using var silo = await TestSilo.StartAsync(
            database,
            new TestSiloOptions { Ingestion = new IngestionOptions { PageSize = 500 } },
            [Source],
            sandbox.FhirBase
        );
        foreach (var (type, count) in MainTypes)
        {
            var run = await silo.Client.RunAsync(Source, type);
            Assert.Equal(
                (RunStatus.Success, count, count, 0),
                (run.Status, run.Counters.Fetched, run.Counters.Upserted, run.Counters.DeadLetters)
            );
        }

        Assert.Equal(98, await database.Database.CountAsync("patients", Source));
        Assert.Equal(16_056, await database.Database.CountAsync("observations", Source));
        Assert.Equal(3_666, await database.Database.CountAsync("encounters", Source));
        Assert.Equal(633, await database.Database.CountAsync("conditions", Source));

        foreach (var type in sandbox.Store.Types.Except(MainTypes.Select(t => t.Type)))
            Assert.Equal(sandbox.Store.Count(type), (await silo.Client.RunAsync(Source, type)).Counters.Upserted);

        foreach (var view in (await silo.Client.ViewQueries().List()).Where(v => v.RowsPerResource == "one"))
            Assert.Equal(sandbox.Store.Count(view.ResourceType!), await database.Database.CountAsync(view.Name, Source));
        Assert.Equal(17, sandbox.Store.Types.Count);
        Assert.Equal(38_039, await database.Database.CountAsync("resources", Source));
        Assert.Equal(0, await database.Database.CountAsync("dead_letters", Source));
    }
}

[Collection(OnSqlite.Name)]
public sealed class SyntheaOnSqliteTests() : SyntheaTests(SqlDialect.Sqlite);

[Collection(OnPostgres.Name)]
public sealed class SyntheaOnPostgresTests() : SyntheaTests(SqlDialect.Postgres);
