using System.IO.Compression;
using System.Text;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Storage;
using Interop.Tests;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Runs that read files instead of a server.</summary>
public abstract class FileRunTests(SharedSilo shared) : IngestionSuite(shared)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("interop-files");

    public override async Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Ndjson_bundles_and_single_resources_are_loaded_whether_gzipped_or_not()
    {
        Write("b/Observation.ndjson.gz", Lines(Observation("o1"), Observation("o2")));
        Write("Patient.ndjson", Lines(Patient("p1"), "", Patient("p2")));
        Write("fhir/family.json", Bundle(Patient("p3"), Observation("o3")));
        Write("single.json", "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"p4\"\n}\n");
        Write("single.json.gz", Patient("p5"));
        Write("notes.txt", "no resource");
        Write("counts.json", "{\"Patient\": 5}");

        var run = await RunAsync();

        Assert.Contains(
            "counts.json is JSON without a resourceType: skipped",
            await Client.WarningsAsync(run.RunId),
            StringComparison.Ordinal
        );
        Assert.Equal((RunStatus.Success, 8L, 8L, 0L), (run.Status, run.Counters.Fetched, run.Counters.Upserted, run.Counters.DeadLetters));
        Assert.Equal(5, await Database.CountAsync("patients", run.Source));
        Assert.Equal(3, await Database.CountAsync("observations", run.Source));
        Assert.Equal(0, await Database.ValueAsync<long>("SELECT COUNT(*) FROM run_parts"));
        Assert.Null(run.CheckpointAfter);
    }

    [Fact]
    public async Task A_second_run_over_the_same_files_changes_nothing()
    {
        Write("Patient.ndjson", Lines(Patient("p1"), Patient("p2")));
        var source = NewSourceName();
        await RunAsync(source: source);

        var second = await RunAsync(source: source);

        Assert.Equal((2L, 2L, 0L), (second.Counters.Fetched, second.Counters.Unchanged, second.Counters.Upserted));
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_dead_letter_that_names_the_file_and_the_line()
    {
        Write(
            "Patient.ndjson",
            Lines(
                Patient("good"),
                "{\"resourceType\":\"Patient\",\"id\":\"cut\",\"meta\":{\"versionId\":\"1\"},\"name\":[{\"fam",
                "{\"resourceType\":\"Unicorn\",\"id\":\"u\"}",
                "[1, 2]",
                "{\"resourceType\":\"Patient\",\"id\":\"invalid\",\"gender\":17}"
            )
        );
        Write("bundle.json", Bundle("{\"id\":\"nameless\"}", Patient("other")));

        var run = await RunAsync();

        Assert.Equal((RunStatus.Success, 7L, 2L, 5L), (run.Status, run.Counters.Fetched, run.Counters.Upserted, run.Counters.Invalid));
        var errors = (await Client.DetailAsync(run.RunId)).DeadletterSample.Select(l => l.Error).ToList();
        Assert.Contains(errors, e => e.EndsWith("(Patient.ndjson, line 2)", StringComparison.Ordinal));
        Assert.Contains("is a Unicorn, which R4 does not have (Patient.ndjson, line 3)", errors);
        Assert.Contains(errors, e => e.EndsWith("(Patient.ndjson, line 4)", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.EndsWith("(Patient.ndjson, line 5)", StringComparison.Ordinal));
        Assert.Contains("has no resourceType (bundle.json, entry 1)", errors);
    }

    [Fact]
    public async Task A_file_that_ends_early_fails_the_run_and_the_other_files_are_loaded()
    {
        var path = Write("a.ndjson.gz", Lines([.. Enumerable.Range(0, 500).Select(i => Patient($"a{i}"))]));
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^20]);
        Write("b.ndjson", Lines(Patient("b")));

        var run = await RunAsync();

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("1 of 2 files could not be read to their end", run.Error, StringComparison.Ordinal);
        Assert.Contains("a.ndjson.gz: its gzip data ends early", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, await Database.CountAsync("patients", run.Source, "id = 'b'"));
        Assert.True(await Database.CountAsync("patients", run.Source) > 100, "nothing of the cut file was kept");
    }

    [Fact]
    public async Task A_run_of_one_type_skips_the_other_types()
    {
        Write("all.json", Bundle(Patient("p1"), Observation("o1"), Patient("p2")));

        var run = await RunAsync("Patient");

        Assert.Equal((2L, 2L), (run.Counters.Fetched, run.Counters.Upserted));
        Assert.Equal(0, await Database.CountAsync("observations", run.Source));
    }

    [Fact]
    public async Task A_delete_entry_of_a_bundle_removes_the_resource()
    {
        var source = NewSourceName();
        Write("1.json", Bundle(Patient("p1"), Patient("p2")));
        await RunAsync(source: source);
        Write("2.json", """{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/p1"}}]}""");

        await RunAsync(source: source);

        Assert.Equal(0, await Database.CountAsync("patients", source, "id = 'p1'"));
        Assert.Equal(1, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_folder_without_a_file_of_resources_fails_the_run()
    {
        Write("notes.txt", "no resource");

        var run = await RunAsync();

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("has no file that ends in .ndjson", run.Error, StringComparison.Ordinal);
    }

    private async Task<RunSummary> RunAsync(string type = RunMode.EveryType, string? source = null) =>
        await Client.RunAsync(
            source ?? NewSourceName(),
            type,
            new RunRequest(null, false, MissingPatients.Ignore, RunMeta.None, Files: _folder.FullName)
        );

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using Stream file = File.Create(path);
        using var target = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        target.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }

    private static string Lines(params string[] lines) => string.Join('\n', lines) + "\n";

    private static string Bundle(params string[] resources) =>
        $$"""{"resourceType":"Bundle","type":"collection","entry":[{{string.Join(",", resources.Select(r => $$"""{"resource":{{r}}}"""))}}]}""";

    private static string Patient(string id) => $$"""{"resourceType":"Patient","id":"{{id}}","name":[{"family":"{{id}}"}]}""";

    private static string Observation(string id) =>
        $$$"""{"resourceType":"Observation","id":"{{{id}}}","status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/p1"}}""";
}

[Collection(OnSqlite.Name)]
public sealed class FileRunOnSqliteTests(SqliteSilo shared) : FileRunTests(shared);

[Collection(OnPostgres.Name)]
public sealed class FileRunOnPostgresTests(PostgresSilo shared) : FileRunTests(shared);

/// <summary>Runs over many files, and silos that go away meanwhile; each test has a database of its own.</summary>
public abstract class FileInterruptionTests(SqlDialect dialect) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("interop-files");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [DataFact("synthea-100")]
    public async Task Every_resource_of_a_published_folder_is_loaded()
    {
        await using var database = await TestDatabase.CreateAsync(dialect);
        await using var silo = await TestSilo.StartAsync(
            database,
            new TestSiloOptions { Ingestion = new IngestionOptions { PageSize = 500 } }
        );

        var run = await silo.Client.RunAsync("files", RunMode.EveryType, Request(PublishedData.Require("synthea-100")));

        Assert.Equal((RunStatus.Success, 38_039L, 38_039L), (run.Status, run.Counters.Fetched, run.Counters.Upserted));
        Assert.Equal(16_056, await database.Database.CountAsync("observations", "files"));
    }

    [Fact]
    public async Task A_run_over_files_whose_silo_is_killed_again_and_again_ends_as_an_undisturbed_one()
    {
        await using var database = await TestDatabase.CreateAsync(dialect);
        await WriteAsync(_folder.FullName);
        RunSummary expected;
        await using (var silo = await TestSilo.StartAsync(database))
            expected = await silo.Client.RunAsync("plain", RunMode.EveryType, Request(_folder.FullName));
        var random = new Random(20261121);
        var runId = 0L;
        for (var kill = 0; kill < 3; kill++)
        {
            await using var silo = await TestSilo.StartAsync(database);
            if (kill == 0)
                runId = await silo.Client.StartAsync("killed", RunMode.EveryType, Request(_folder.FullName));
            var pages = await PagesAsync(database.Database, runId) + random.Next(1, 4);
            await Eventually.Is(async () => await PagesAsync(database.Database, runId) >= pages, $"{pages} pages were committed");
            await silo.KillAsync();
        }

        await using (var silo = await TestSilo.StartAsync(database))
        {
            var run = await silo.Client.EndOfAsync(runId);

            Assert.Equal(RunStatus.Success, run.Status);
            Assert.Equal(expected.Counters, run.Counters);
            Assert.Equal(await StoredState.OfAsync(database.Database, "plain"), await StoredState.OfAsync(database.Database, "killed"));
        }
    }

    private static RunRequest Request(string folder) => new(null, false, MissingPatients.Ignore, RunMeta.None, Files: folder);

    private static Task<long> PagesAsync(Database database, long runId) =>
        database.ValueAsync<long>($"SELECT pages FROM ingestion_runs WHERE run_id = {runId}");

    private static async Task WriteAsync(string folder)
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 400,
                ObservationsPerPatient = 20,
                BadShare = 0.03,
            }
        );
        foreach (var type in sandbox.Store.Types)
        {
            foreach (var (part, ids) in sandbox.Store.Ids(type).Chunk(1500).Index())
            {
                await using var file = File.Create(Path.Combine(folder, $"{type}.{part}.ndjson"));
                foreach (var id in ids)
                    await file.WriteAsync((byte[])[.. sandbox.Store.Read(type, id)!, (byte)'\n']);
            }
        }
    }
}

public sealed class FileInterruptionOnSqliteTests() : FileInterruptionTests(SqlDialect.Sqlite);

public sealed class FileInterruptionOnPostgresTests() : FileInterruptionTests(SqlDialect.Postgres);
