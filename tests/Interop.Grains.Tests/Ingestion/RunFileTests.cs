using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Runs;
using Interop.Sandbox;
using Interop.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The files of runs: none for a run that settled nothing, and none after their retention.</summary>
public abstract class RunFileTests(SqlDialect dialect) : IAsyncLifetime
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("interop-exports-");
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync(dialect);

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_run_without_news_writes_no_files()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 20, BadShare = 0.2 });
        await using var silo = await TestSilo.StartAsync(
            _database,
            new TestSiloOptions { ExportDirectory = _folder.FullName },
            ["sandbox"],
            sandbox.FhirBase
        );

        var first = await silo.Client.RunAsync("sandbox", "Patient");
        var second = await silo.Client.RunAsync("sandbox", "Patient");
        var third = await silo.Client.RunAsync("sandbox", "Patient", full: true);

        Assert.Equal(
            ["Patient.deadletters.ndjson", "Patient.raw.ndjson", "Patient.valid.ndjson"],
            Directory.GetFiles(first.ExportPath!).Select(Path.GetFileName).Order()
        );
        Assert.Equal((RunStatus.Success, RunStatus.Success), (second.Status, third.Status));
        Assert.Equal((null, null), (second.ExportPath, third.ExportPath));
        Assert.Equal(first.ExportPath, Assert.Single(_folder.GetDirectories()).FullName);
    }

    [Fact]
    public async Task Old_folders_are_deleted_but_those_of_active_runs_and_of_other_names_stay()
    {
        var active = await _database.Database.WriteAsync(
            async (session, token) =>
            {
                var run = new RunRecord
                {
                    Source = "a",
                    ResourceType = "Patient",
                    Status = RunStatus.Running,
                    StartedAt = DateTimeOffset.UtcNow,
                };
                return (await RunStore.InsertAsync(session, run, token))!.RunId;
            }
        );
        var old = DateTime.UtcNow - Retention - TimeSpan.FromDays(1);
        string[] deleted = [Folder("run_999999", old), Folder("all", old)];
        string[] kept =
        [
            Folder($"run_{active}", old),
            Folder("run_999998", DateTime.UtcNow),
            Folder("run_999997", old, writtenAt: DateTime.UtcNow), // still written to
            Folder("my-own", old),
            Directory.CreateDirectory(Path.Combine(_folder.FullName, "run_1_20200230T000000Z")).FullName, // no such day
        ];
        var retention = new ExportRetention(
            _database.Database,
            Options.Create(new ExportOptions { Directory = _folder.FullName, Retention = Retention }),
            TimeProvider.System,
            NullLogger<ExportRetention>.Instance
        );

        Assert.Equal(deleted.Length, await retention.SweepAsync(Retention, CancellationToken.None));

        Assert.All(deleted, folder => Assert.False(Directory.Exists(folder), folder));
        Assert.All(kept, folder => Assert.True(Directory.Exists(folder), folder));
        Assert.Equal(0, await retention.SweepAsync(Retention, CancellationToken.None));
    }

    private string Folder(string name, DateTime at, DateTime? writtenAt = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, $"{name}_{at:yyyyMMdd'T'HHmmss'Z'}"));
        var file = Path.Combine(folder.FullName, "Patient.raw.ndjson");
        File.WriteAllText(file, "{}\n");
        File.SetLastWriteTimeUtc(file, writtenAt ?? at);
        return folder.FullName;
    }
}

public sealed class RunFileOnSqliteTests() : RunFileTests(SqlDialect.Sqlite);

public sealed class RunFileOnPostgresTests() : RunFileTests(SqlDialect.Postgres);
