using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Ingestion.Views;
using Interop.Sandbox;
using Interop.Storage;
using Interop.TestServers;
using Interop.Views;
using Microsoft.Extensions.DependencyInjection;
using static Interop.Grains.Tests.Support.ViewCalls;

namespace Interop.Grains.Tests.Views;

/// <summary>A host that goes away while a view's table is being filled, and the files that a host reads at start.</summary>
public abstract class ViewInterruptionTests(SqlDialect dialect) : IAsyncLifetime
{
    private const string Cities = """[{"column":[{"name":"city","path":"address.city.first()","type":"string"}]}]""";
    private const string Families = """[{"column":[{"name":"family","path":"name.family.first()","type":"string"}]}]""";

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("interop-views-");
    private TestDatabase _database = null!;

    private Database Database => _database.Database;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync(dialect);

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _files.Delete(recursive: true);
    }

    [Fact]
    public async Task A_host_that_is_killed_while_it_fills_a_table_continues_after_the_last_chunk()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 6000, BadShare = 0 });
        long runId;
        await using (var silo = await TestSilo.StartAsync(_database, names: ["s"], baseUrl: sandbox.FhirBase))
        {
            await silo.Client.RunAsync("s", "Patient");
            runId = (await silo.Client.PutViewAsync("cities", "Patient", Cities)).RunId!.Value;
            await Eventually.Is(async () => await PagesAsync(runId) >= 2, "two chunks were committed");
            await silo.KillAsync();
        }

        var before = await PagesAsync(runId);
        await using (var silo = await TestSilo.StartAsync(_database, names: ["s"], baseUrl: sandbox.FhirBase))
        {
            var run = await silo.Client.EndOfAsync(runId);
            Assert.Equal((RunStatus.Success, 6000, 6000), (run.Status, run.Counters.Fetched, run.Counters.Upserted));
        }

        Assert.InRange(before, 2, 12);
        Assert.Equal(12, await PagesAsync(runId));
        Assert.Equal(6000, await Database.CountAsync("cities", "s"));
    }

    [Fact]
    public async Task A_cancelled_rebuild_leaves_the_view_as_it_was()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 3000, BadShare = 0 });
        await using var silo = await TestSilo.StartAsync(_database, names: ["s"], baseUrl: sandbox.FhirBase);
        await silo.Client.PutViewToEndAsync("cities", "Patient", Cities);
        await silo.Client.RunAsync("s", "Patient");

        // No worker resumes these runs, so that they stay active until the test cancels them.
        var changes = silo.Services.GetRequiredService<ViewChanges>();
        var changed = await changes.PutAsync(Definition("cities", "Patient", Families).Text, ViewOrigin.Api, CancellationToken.None);
        var added = await changes.PutAsync(Definition("families", "Patient", Families).Text, ViewOrigin.Api, CancellationToken.None);
        Assert.Equal(
            ("building", "family"),
            ((await silo.Client.FindViewAsync("cities"))!.Status, (await silo.Client.FindViewAsync("cities"))!.Columns[0].Name)
        );
        Assert.True(await silo.Client.Run(changed.RunId!.Value).Cancel());
        Assert.True(await silo.Client.Run(added.RunId!.Value).Cancel());

        Assert.Equal(RunStatus.Cancelled, (await silo.Client.SummaryAsync(changed.RunId.Value)).Status);
        Assert.Equal(
            ("active", "city"),
            ((await silo.Client.FindViewAsync("cities"))!.Status, (await silo.Client.FindViewAsync("cities"))!.Columns[0].Name)
        );
        Assert.Null(await silo.Client.FindViewAsync("families"));
        Assert.Equal(3000, await Database.CountAsync("cities", "s", "city IS NOT NULL"));
        await silo.Client.PutViewToEndAsync("families", "Patient", Families); // the first attempt has left nothing behind
        Assert.Equal(3000, await Database.CountAsync("families", "s"));
    }

    [Fact]
    public async Task Files_become_views_and_bad_files_are_named_with_place_and_reason()
    {
        await WriteAsync("a.json", "cities", Cities);
        await using (var silo = await StartWithFilesAsync())
            Assert.Equal(("file", "active"), await StateAsync(silo, "cities"));

        await WriteAsync("a.json", "cities", Cities.Replace("address.city", "address.("));
        await WriteAsync("b.json", "cities", Families);
        await WriteAsync("c.json", "patients", Families);
        await File.WriteAllTextAsync(Path.Combine(_files.FullName, "d.json"), "{");
        await using (var silo = await StartWithFilesAsync())
        {
            Assert.Equal(("file", "active"), await StateAsync(silo, "cities"));
            Assert.Equal("city", (await silo.Client.FindViewAsync("cities"))!.Columns.Single().Name);
            Assert.Equal(
                ("file", "family"),
                (
                    (await silo.Client.FindViewAsync("patients"))!.Origin,
                    (await silo.Client.FindViewAsync("patients"))!.Columns.Single().Name
                )
            );
            var refused = (await silo.Client.ViewQueries().List()).Where(v => v.Status == "refused").Select(v => v.Problem!).ToArray();
            Assert.Collection(
                refused,
                a => Assert.StartsWith($"{_files.FullName}/a.json: select[0].column[0].path: 'address.(", a, StringComparison.Ordinal),
                b => Assert.Equal($"{_files.FullName}/b.json: name: the view cities is also given by {_files.FullName}/a.json", b),
                d => Assert.StartsWith($"{_files.FullName}/d.json: not JSON: ", d, StringComparison.Ordinal)
            );
            var put = await silo.Client.PutViewAsync("cities", "Patient", Families);
            Assert.Equal(ViewOutcome.BelongsToFile, put.Outcome);
        }

        _files.GetFiles().ToList().ForEach(file => file.Delete());
        await using (var silo = await StartWithFilesAsync())
        {
            Assert.Equal(("platform", "active"), await StateAsync(silo, "patients"));
            Assert.Equal(("file", "active"), await StateAsync(silo, "cities")); // a removed file does not delete its view
        }
    }

    [Fact]
    public async Task A_view_put_through_the_api_outlives_a_restart()
    {
        await using (var silo = await TestSilo.StartAsync(_database))
            await silo.Client.PutViewToEndAsync("families", "Patient", Families);

        await using (var silo = await TestSilo.StartAsync(_database))
            Assert.Equal(("api", "active"), await StateAsync(silo, "families"));
    }

    [Fact]
    public async Task A_table_with_the_layout_of_an_older_program_is_written_until_its_successor_is_full()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 50, BadShare = 0 });
        await using (var silo = await TestSilo.StartAsync(_database, names: ["s"], baseUrl: sandbox.FhirBase))
        {
            await silo.Client.PutViewToEndAsync("families", "Patient", Families);
            await silo.Client.RunAsync("s", "Patient");
        }

        var (key, raw) = dialect == SqlDialect.Postgres ? ("text COLLATE \"C\" NOT NULL", "json") : ("text NOT NULL", "text");
        foreach (
            var sql in (string[])
                [
                    $"CREATE TABLE old_families (source {key}, id {key}, family text, run_id bigint NOT NULL, raw {raw} NOT NULL, PRIMARY KEY (source, id))",
                    """
                        INSERT INTO old_families SELECT f.source, f.id, f.family, f.run_id, r.raw FROM families AS f
                        JOIN resources AS r ON r.source = f.source AND r.resource_type = 'Patient' AND r.resource_id = f.id
                        """,
                    "DROP TABLE families",
                    "ALTER TABLE old_families RENAME TO families",
                    "UPDATE views SET layout = 1 WHERE name = 'families'",
                ]
        )
        {
            await Database.WriteAsync((session, token) => session.ExecuteAsync(sql, null, token));
        }

        await using (var silo = await TestSilo.StartAsync(_database, names: ["s"], baseUrl: sandbox.FhirBase))
        {
            sandbox.Store.Put("""{"resourceType":"Patient","id":"late","name":[{"family":"Late"}]}"""u8.ToArray());
            await silo.Client.RunAsync("s", "Patient");
            await Eventually.Is(async () => await StateAsync(silo, "families") == ("api", "active"), "the successor is full");
        }

        Assert.Equal(51, await Database.CountAsync("families", "s", "loaded_at IS NOT NULL"));
        Assert.Equal(2, await Database.ValueAsync<long>("SELECT layout FROM views WHERE name = 'families'", new { }));
    }

    private Task<TestSilo> StartWithFilesAsync() =>
        TestSilo.StartAsync(_database, new TestSiloOptions { Views = new ViewOptions { Directory = _files.FullName } });

    private Task WriteAsync(string file, string name, string select) =>
        File.WriteAllTextAsync(Path.Combine(_files.FullName, file), Definition(name, "Patient", select).Text);

    private static async Task<(string, string)> StateAsync(TestSilo silo, string name) =>
        await silo.Client.FindViewAsync(name) is { } view ? (view.Origin, view.Status) : ("", "");

    private async Task<long> PagesAsync(long runId) =>
        await Database.ValueAsync<long>("SELECT pages FROM ingestion_runs WHERE run_id = @runId", new { runId });
}

public sealed class ViewInterruptionOnSqliteTests() : ViewInterruptionTests(SqlDialect.Sqlite);

public sealed class ViewInterruptionOnPostgresTests() : ViewInterruptionTests(SqlDialect.Postgres);
