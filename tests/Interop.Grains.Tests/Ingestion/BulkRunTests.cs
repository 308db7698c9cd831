using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Sources;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Runs that read a Bulk Data export.</summary>
public abstract class BulkRunTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task An_export_brings_what_a_search_brings()
    {
        var (sandbox, source) = await BulkAsync();
        var searched = NewSourceName();
        Shared.Silo.AddSource(searched, sandbox.FhirBase);
        foreach (var type in (string[])["Patient", "Observation"])
        {
            var expected = await Client.RunAsync(searched, type);

            var run = await Client.RunAsync(source, type);

            Assert.Equal((RunStatus.Success, expected.Counters), (run.Status, run.Counters));
            Assert.NotNull(run.CheckpointAfter);
        }

        Assert.Equal(await StoredState.OfAsync(Database, searched), await StoredState.OfAsync(Database, source));
        Assert.Equal((2, 0), (sandbox.Exports.Deleted, sandbox.Exports.Count));
        Assert.All(sandbox.Exports.Downloads.Values, count => Assert.Equal(1, count));
        Assert.StartsWith(
            "GET $export _outputFormat=application/fhir+ndjson&_type=Patient",
            sandbox.Exports.KickOffs[0],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_next_run_asks_since_the_transaction_time_and_takes_deletions()
    {
        var (sandbox, source) = await BulkAsync();
        var first = await Client.RunAsync(source, "Patient");
        var ids = sandbox.Store.Ids("Patient");
        await DeleteAsync(sandbox, $"Patient/{ids[0]}");

        var second = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, second.Status);
        Assert.Equal(0, second.Counters.Fetched);
        Assert.Contains("_since=", sandbox.Exports.KickOffs[1], StringComparison.Ordinal);
        Assert.True(second.CheckpointAfter >= first.CheckpointAfter);
        Assert.Equal(0, await Database.CountAsync("patients", source, $"id = '{ids[0]}'"));
        Assert.Equal(1, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    [Theory]
    [InlineData("patient", null, "get", "GET Patient/$export ")]
    [InlineData("group", "g1", "post", "POST Group/g1/$export ")]
    [InlineData("system", null, "post", "POST $export ")]
    public async Task The_settings_say_level_method_filters_and_elements(string level, string? group, string method, string kickOff)
    {
        var (sandbox, source) = await BulkAsync(s =>
            s.Bulk = new SourceBulkOptions
            {
                Level = level,
                GroupId = group,
                Method = method,
                TypeFilter = ["Patient?gender=female", "Observation?status=final"],
                Elements = ["name", "gender"],
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        var asked = Assert.Single(sandbox.Exports.KickOffs);
        Assert.StartsWith(kickOff, asked, StringComparison.Ordinal);
        Assert.Contains("_elements=name,gender", asked, StringComparison.Ordinal);
        Assert.Contains("_typeFilter=Patient?gender=female", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("Observation?", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_busy_is_asked_again_when_it_says()
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set([
            .. ((string[])["/$export?", "$export-status", "$export-file"]).Select(path => new FaultRule
            {
                Kind = FaultKind.TooManyRequests,
                Path = path,
                Times = 2,
                RetryAfterSeconds = 0,
            }),
        ]);

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, (long)sandbox.Store.Count("Patient")), (run.Status, run.Counters.Fetched));
    }

    [Fact]
    public async Task A_run_says_that_it_waits_for_the_export()
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.EndlessExport, Path = "$export" });

        var run = await EndAfterWaitingAsync(
            sandbox,
            source,
            "\"waiting\":\"the server prepares the export (in progress); asked again after"
        );

        Assert.Equal((RunStatus.Success, (long)sandbox.Store.Count("Patient")), (run.Status, run.Counters.Fetched));
    }

    [Theory]
    [InlineData("/$export?")]
    [InlineData("$export-status")]
    [InlineData("$export-file")]
    public async Task A_run_says_that_a_busy_server_asks_it_to_wait(string path)
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.TooManyRequests,
                Path = path,
                RetryAfterSeconds = 1,
            }
        );

        var run = await EndAfterWaitingAsync(sandbox, source, " follows after 1.0 s: 429 Too Many Requests");

        Assert.Equal((RunStatus.Success, (long)sandbox.Store.Count("Patient")), (run.Status, run.Counters.Fetched));
    }

    [Fact]
    public async Task A_file_whose_connection_breaks_is_read_again_and_counted_once()
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.BrokenConnection,
                Path = "$export-file",
                Times = 3,
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(
            (RunStatus.Success, (long)sandbox.Store.Count("Patient"), 0L),
            (run.Status, run.Counters.Fetched, run.Counters.Refetched)
        );
    }

    [Fact]
    public async Task An_expired_file_begins_a_new_export_and_finished_files_are_not_read_again()
    {
        var (sandbox, source) = await BulkAsync(s => s.MaxParallel = 1);
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ExpiredExportFile,
                Path = "Patient.3.",
                Times = 2,
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(
            (RunStatus.Success, (long)sandbox.Store.Count("Patient"), 0L),
            (run.Status, run.Counters.Fetched, run.Counters.Refetched)
        );
        Assert.Equal(2, sandbox.Exports.KickOffs.Count);
        Assert.All(sandbox.Exports.Downloads, file => Assert.Equal((file.Key, 1), (file.Key, file.Value)));
    }

    [Fact]
    public async Task An_export_that_the_server_forgot_is_begun_again()
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LostExport,
                Path = "$export-status",
                Times = 1,
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, (long)sandbox.Store.Count("Patient")), (run.Status, run.Counters.Fetched));
        Assert.Equal(2, sandbox.Exports.KickOffs.Count);
    }

    [Fact]
    public async Task A_redirect_to_an_allowed_storage_carries_no_credentials()
    {
        string? lines = null;
        var storage = Own(await ScriptedServer.StartAsync(_ => new ScriptedAnswer(200, lines!)));
        var (sandbox, source) = await BulkAsync(
            s =>
            {
                s.AllowedOrigins = [storage.Base.AbsoluteUri];
                s.Auth = new SourceAuthOptions
                {
                    Kind = "basic",
                    Username = "interop",
                    Password = "secret",
                };
            },
            Small with
            {
                Access = new AccessOptions
                {
                    AllowBasic = true,
                    ClientId = "interop",
                    ClientSecret = "secret",
                },
            }
        );
        sandbox.Exports.ResourcesPerFile = 1000;
        lines = string.Join(
            '\n',
            sandbox.Store.Ids("Patient").Select(id => System.Text.Encoding.UTF8.GetString(sandbox.Store.Read("Patient", id)!))
        );
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.RedirectedExportFile,
                Path = "$export-file",
                Origin = storage.Base.AbsoluteUri,
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, (long)sandbox.Store.Count("Patient")), (run.Status, run.Counters.Fetched));
        Assert.DoesNotContain("Authorization", Assert.Single(storage.Requests).Headers.Keys);
    }

    [Fact]
    public async Task Lines_of_another_type_and_a_cut_line_are_dead_letters_that_name_file_and_line()
    {
        var (sandbox, source) = await BulkAsync();
        sandbox.Faults.Set(
            new FaultRule { Kind = FaultKind.WrongExportType, Path = "Patient.1." },
            new FaultRule { Kind = FaultKind.TruncatedExportLine, Path = "Patient.2." }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        var letters = await Client.IngestionQueries().ListDeadLetters(run.RunId, "validate", 500, false);
        Assert.Contains(letters!.Value, l => l.Error == "is a Basic, not a Patient (Patient.1.ndjson, line 1)");
        Assert.Contains(letters!.Value, l => l.Error.EndsWith("(Patient.2.ndjson, line 10)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FaultKind.SynchronousExport, "the server answered 200 to the kick-off of $export")]
    [InlineData(FaultKind.EndlessExport, "the export has not ended by")]
    [InlineData(FaultKind.ForeignExportFile, "leads to another origin")]
    [InlineData(FaultKind.ShortExportFile, "the file Patient.1.ndjson of the export could not be read")]
    public async Task A_server_that_breaks_the_rules_fails_the_run_with_the_reason(FaultKind fault, string reason)
    {
        var (sandbox, source) = await BulkAsync(s =>
        {
            s.Bulk.MaxWait = TimeSpan.FromSeconds(1);
            s.MaxParallel = 1;
            s.MaxAttempts = 2;
        });
        sandbox.Faults.Set(new FaultRule { Kind = fault, Path = "$export" });

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Null(run.CheckpointAfter);
        Assert.Equal(0, sandbox.Exports.Count);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("outcome")]
    public async Task Outcomes_of_an_export_are_warnings_of_the_run(string array)
    {
        const string Reported = """
            {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","diagnostics":"Binary/b7 could not be exported"}]}
            not an outcome
            {"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"incomplete","diagnostics":"2 patients are confidential"}]}
            """;
        var (server, source) = await ScriptedAsync(
            request =>
                (request.Path, request.Method) switch
                {
                    ("$export", _) => new ScriptedAnswer(202, "", null, ("Content-Location", $"{request.Base}status")),
                    ("status", "GET") => new ScriptedAnswer(
                        200,
                        $$"""
                        {"transactionTime":"2026-01-10T12:00:00Z","request":"{{request.Base}}$export","requiresAccessToken":false,
                         "output":[{"type":"Patient","url":"{{request.Base}}patients.ndjson","count":1}],
                         "{{array}}":[{"type":"OperationOutcome","url":"{{request.Base}}outcomes.ndjson"}]}
                        """
                    ),
                    ("status", "DELETE") => new ScriptedAnswer(202, ""),
                    ("patients.ndjson", _) => new ScriptedAnswer(200, """{"resourceType":"Patient","id":"a"}"""),
                    ("outcomes.ndjson", _) => new ScriptedAnswer(200, Reported),
                    _ => ScriptedAnswer.NotFound,
                },
            s => s.Mode = RunMode.Bulk
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, 1, 0), (run.Status, run.Counters.Upserted, run.Counters.DeadLetters));
        var warnings = await Client.WarningsAsync(run.RunId);
        Assert.Contains("the export reports: Binary/b7 could not be exported", warnings, StringComparison.Ordinal);
        Assert.Contains("the export reports: 2 patients are confidential", warnings, StringComparison.Ordinal);
        Assert.Contains(server.Requests, r => (r.Path, r.Method) == ("status", "DELETE"));
    }

    [Fact]
    public async Task Auto_takes_an_export_first_and_the_history_after_it()
    {
        var (sandbox, source) = await BulkAsync(s => s.Mode = RunMode.Auto);

        var first = await Client.RunAsync(source, "Patient");
        var id = sandbox.Store.Ids("Patient")[0];
        await DeleteAsync(sandbox, $"Patient/{id}");
        var second = await Client.RunAsync(source, "Patient");

        Assert.Contains("\"mode\":\"bulk\"", await Client.WarningsAsync(first.RunId), StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"history\"", await Client.WarningsAsync(second.RunId), StringComparison.Ordinal);
        Assert.Equal((RunStatus.Success, 0L), (second.Status, await Database.CountAsync("patients", source, $"id = '{id}'")));
    }

    /// <summary>Starts a run, removes the faults once the run says what it waits for, and returns the ended run.</summary>
    private async Task<RunSummary> EndAfterWaitingAsync(SandboxServer sandbox, string source, string waiting)
    {
        var runId = await Client.StartAsync(source, "Patient");
        await Eventually.Is(
            async () => (await Client.DetailAsync(runId)).Details.Text.Contains(waiting, StringComparison.Ordinal),
            $"the run says: {waiting}"
        );
        sandbox.Faults.Clear();
        var run = await Client.EndOfAsync(runId);
        Assert.DoesNotContain("\"waiting\"", (await Client.DetailAsync(runId)).Details.Text, StringComparison.Ordinal);
        return run;
    }

    private static async Task DeleteAsync(SandboxServer sandbox, string path)
    {
        using var http = new HttpClient();
        (await http.DeleteAsync(new Uri(sandbox.FhirBase, path))).EnsureSuccessStatusCode();
    }

    private async Task<(SandboxServer Sandbox, string Source)> BulkAsync(
        Action<SourceOptions>? configure = null,
        SandboxOptions? options = null
    )
    {
        var (sandbox, source) = await SandboxAsync(
            options,
            s =>
            {
                s.Mode = RunMode.Bulk;
                s.MaxParallel = 3;
                configure?.Invoke(s);
            }
        );
        sandbox.Exports.ResourcesPerFile = 10;
        return (sandbox, source);
    }
}

[Collection(OnSqlite.Name)]
public sealed class BulkRunOnSqliteTests(SqliteSilo shared) : BulkRunTests(shared);

[Collection(OnPostgres.Name)]
public sealed class BulkRunOnPostgresTests(PostgresSilo shared) : BulkRunTests(shared);

/// <summary>Silos that go away while a run reads an export.</summary>
public abstract class BulkInterruptionTests(SqlDialect dialect)
{
    [Fact]
    public async Task A_killed_run_goes_on_with_the_same_export_and_reads_no_finished_file_again()
    {
        await using var database = await TestDatabase.CreateAsync(dialect);
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 60,
                ObservationsPerPatient = 20,
                BadShare = 0.03,
            }
        );
        sandbox.Exports.ResourcesPerFile = 50;
        RunSummary expected;
        await using (var silo = await StartAsync(database, sandbox))
            expected = await silo.Client.RunAsync("plain", "Observation", missing: MissingPatients.Ignore);
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.1 });
        var before = sandbox.Exports.Downloads.ToDictionary();
        var runId = 0L;
        var finished = new Dictionary<string, int>();
        for (var kill = 1; kill <= 3; kill++)
        {
            await using var silo = await StartAsync(database, sandbox);
            if (kill == 1)
                runId = await silo.Client.StartAsync("killed", "Observation", Runs.Request("Observation", missing: MissingPatients.Ignore));
            var files = kill * 3;
            await Eventually.Is(async () => (await FinishedAsync(database.Database, runId)).Count >= files, $"{files} files were finished");
            Assert.Contains("\"parts\":{\"total\":24,\"done\":", await silo.Client.WarningsAsync(runId), StringComparison.Ordinal);
            await silo.KillAsync();
            foreach (var name in await FinishedAsync(database.Database, runId))
                finished.TryAdd(name, sandbox.Exports.Downloads[name]);
        }

        sandbox.Faults.Clear();
        await using (var silo = await StartAsync(database, sandbox))
        {
            var run = await silo.Client.EndOfAsync(runId);

            Assert.Equal((RunStatus.Success, expected.Counters), (run.Status, run.Counters));
            Assert.Equal(await StoredState.OfAsync(database.Database, "plain"), await StoredState.OfAsync(database.Database, "killed"));
        }

        Assert.Equal(2, sandbox.Exports.KickOffs.Count);
        Assert.True(finished.Count >= 9, "the kills hit the run");
        Assert.All(finished, file => Assert.Equal((file.Key, file.Value), (file.Key, sandbox.Exports.Downloads[file.Key])));
    }

    private static Task<TestSilo> StartAsync(TestDatabase database, SandboxServer sandbox) =>
        TestSilo.StartAsync(
            database,
            new TestSiloOptions { Source = source => (source.Mode, source.MaxParallel) = (RunMode.Bulk, 2) },
            names: ["plain", "killed"],
            baseUrl: sandbox.FhirBase
        );

    private static Task<List<string>> FinishedAsync(Database database, long runId) =>
        database.ReadAsync(
            async (session, token) =>
                (await session.QueryAsync<string>($"SELECT name FROM run_parts WHERE run_id = {runId} AND is_done", null, token))
                    .Select(url => Path.GetFileName(new Uri(url).AbsolutePath))
                    .ToList()
        );
}

public sealed class BulkInterruptionOnSqliteTests() : BulkInterruptionTests(SqlDialect.Sqlite);

public sealed class BulkInterruptionOnPostgresTests() : BulkInterruptionTests(SqlDialect.Postgres);
