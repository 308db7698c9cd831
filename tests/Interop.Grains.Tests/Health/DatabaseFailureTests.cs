using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Storage;

namespace Interop.Health.Tests;

public sealed class DatabaseFailureTests
{
    // The provider's exceptions cannot cross from one silo to another: the caller would get an exception of the serializer.
    [Fact]
    public async Task A_failure_of_the_engines_own_tables_reaches_callers_as_not_ready()
    {
        await using var database = await TestDatabase.CreateAsync(SqlDialect.Postgres);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 5 });
        await using var silo = await TestSilo.StartAsync(
            database,
            new TestSiloOptions { RecoversAtStart = false },
            ["source"],
            sandbox.FhirBase
        );
        await silo.Client.RunAsync("source", "Patient");
        await database.Database.WriteAsync(
            (session, token) => session.ExecuteAsync("ALTER TABLE orleans.OrleansRemindersTable RENAME TO lost", null, token)
        );

        var failure = await Assert.ThrowsAsync<NotReadyException>(() =>
            silo.Client.Checkpoint("source", "Observation").StartRun(Runs.Request("Observation"))
        );

        Assert.Equal("the database cannot be used; the log has the details", failure.Message);
    }
}
