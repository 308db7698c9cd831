using System.Text;
using Interop.Fhir.Views;
using Interop.Grains.Tests.Support;
using Interop.Ingestion.Views;
using Interop.Storage;
using Interop.Views;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Views;

/// <summary>Silos of two versions on one database, as during an upgrade.</summary>
public abstract class PlatformViewTests(SqlDialect dialect)
{
    [Fact]
    public async Task A_view_of_the_platform_is_never_replaced_by_that_of_an_older_program()
    {
        await using var database = await TestDatabase.CreateAsync(dialect);
        await using var silo = await TestSilo.StartAsync(database);
        var changes = silo.Services.GetRequiredService<ViewChanges>();
        var older = Encoding.UTF8.GetString(DefaultViews.Read("patients"));
        var newer = older.Replace("\"name\": \"gender\"", "\"name\": \"sex\"", StringComparison.Ordinal);
        Assert.NotEqual(older, newer);

        await PutAsync(newer, DefaultViews.Version + 1);
        var outcome = await PutAsync(older, DefaultViews.Version);
        var unchanged = await PutAsync(newer, DefaultViews.Version + 1);

        Assert.Equal((ViewOutcome.Unchanged, ViewOutcome.Unchanged), (outcome, unchanged));
        Assert.Contains("\"sex\"", await database.Database.ValueAsync<string>("SELECT definition FROM views WHERE name = 'patients'"));

        async Task<ViewOutcome> PutAsync(string json, int version) =>
            (await changes.PutAsync(json, ViewOrigin.Platform, CancellationToken.None, platformVersion: version)).Outcome;
    }
}

public sealed class PlatformViewOnSqliteTests() : PlatformViewTests(SqlDialect.Sqlite);

public sealed class PlatformViewOnPostgresTests() : PlatformViewTests(SqlDialect.Postgres);
