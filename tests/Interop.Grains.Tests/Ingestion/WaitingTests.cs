using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>What a run waits for is visible, in the run's row and in the log, and no server can make it wait for ever.</summary>
public abstract class WaitingTests(SqlDialect dialect) : IAsyncLifetime
{
    private const string Source = "scripted";
    private const string Text = "the index of Jane Roe is locked";

    private static readonly string Outcome = $$"""
        {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient","diagnostics":"{{Text}}"}]}
        """;

    private readonly LogLines _log = new();
    private TestDatabase _database = null!;
    private TestSilo _silo = null!;
    private ScriptedServer _server = null!;
    private Func<ScriptedRequest, ScriptedAnswer> _answer = _ => ScriptedAnswer.NotFound;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        _server = await ScriptedServer.StartAsync(request => _answer(request));
        _silo = await TestSilo.StartAsync(
            _database,
            new TestSiloOptions
            {
                Ingestion = new IngestionOptions { PageSize = 25, MaxTimeWithoutProgress = TimeSpan.FromSeconds(3) },
                Services = services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(_log)),
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task The_first_retry_is_visible_while_the_run_waits_and_only_codes_reach_the_log()
    {
        _silo.AddSource(Source, _server.Base, source => source.BaseDelay = TimeSpan.FromMinutes(1));
        var isDown = true;
        _answer = request =>
            request.IsMetadata ? ScriptedAnswer.NotFound
            : Volatile.Read(ref isDown) ? new ScriptedAnswer(503, Outcome, Headers: ("Retry-After", "2"))
            : ScriptedAnswer.Bundle([Patient("a")]);
        var runId = await _silo.Client.StartAsync(Source, "Patient");
        var followed = _silo.Client.Run(runId).FollowToEndAsync().ToListAsync().AsTask();

        await Eventually.Is(
            async () => (await _silo.Client.DetailAsync(runId)).Details.Text.Contains("\"waiting\"", StringComparison.Ordinal),
            "the run says what it waits for"
        );
        var details = (await _silo.Client.DetailAsync(runId)).Details.Text;
        Volatile.Write(ref isDown, false);
        var steps = await followed;
        var ended = await _silo.Client.DetailAsync(runId);

        Assert.Contains($"try 2 of 6 follows after 2.0 s: 503 Service Unavailable: {Text}", details, StringComparison.Ordinal);
        Assert.Contains(steps, step => step.Waiting?.StartsWith("try 2 of 6 follows after 2.0 s: 503", StringComparison.Ordinal) == true);
        Assert.Equal((RunStatus.Success, null), (steps[^1].Status, steps[^1].Waiting));
        Assert.DoesNotContain("waiting", ended.Details.Text, StringComparison.Ordinal);
        Assert.Contains("\"retries\":1", ended.Details.Text, StringComparison.Ordinal);
        var line = Assert.Single(_log.All, l => l.EventId == 2012);
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.StartsWith(
            $"Run {runId} waits: try 2 of 6 follows after 2.0 s. GET {_server.Base}Patient: 503 ServiceUnavailable (transient)",
            line.Text,
            StringComparison.Ordinal
        );
        AssertLogHasNoText();
    }

    [Fact]
    public async Task A_failed_run_is_a_warning_in_the_log_without_the_words_of_the_server_and_its_row_has_them()
    {
        _silo.AddSource(Source, _server.Base);
        _answer = request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(422, Outcome);
        var refused = await _silo.Client.RunAsync(Source, "Patient");
        _answer = request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(200, Outcome);
        var outcome = await _silo.Client.RunAsync(Source, "Patient");
        _answer = request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(200, $$"""{"resourceType":"{{Text}}"}""");
        var noBundle = await _silo.Client.RunAsync(Source, "Patient");

        foreach (var run in new[] { refused, outcome, noBundle })
        {
            Assert.Equal((RunStatus.Failed, RunFailure.Upstream), (run.Status, run.Failure));
            Assert.Contains(Text, run.Error, StringComparison.Ordinal);
            var line = Assert.Single(
                _log.All,
                l => l.Text.StartsWith($"Run {run.RunId} of {Source}/Patient ended", StringComparison.Ordinal)
            );
            Assert.Equal((LogLevel.Warning, 2008), (line.Level, line.EventId));
        }

        Assert.Contains(_log.All, l => l.Text.Contains("422 UnprocessableEntity (transient)", StringComparison.Ordinal));
        AssertLogHasNoText();
    }

    [Fact]
    public async Task A_server_that_sends_a_byte_now_and_then_fails_the_run_at_the_limit_of_the_page()
    {
        _silo.AddSource(Source, _server.Base, source => source.PageTimeout = TimeSpan.FromSeconds(1));
        _answer = request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(200, "") { WriteBody = DripAsync };

        var run = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal((RunStatus.Failed, RunFailure.Upstream), (run.Status, run.Failure));
        Assert.Contains("no good answer within 00:00:01", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_that_brings_nothing_new_fails_at_its_limit_although_every_page_is_within_its_own()
    {
        _silo.AddSource(Source, _server.Base);
        var page = 0;
        _answer = request =>
        {
            if (request.IsMetadata)
                return ScriptedAnswer.NotFound;
            var next = $"{request.Base}Patient?page={Interlocked.Increment(ref page)}";
            var bundle = ScriptedAnswer.Bundle([Patient("a")], next);
            return bundle with
            {
                WriteBody = async (body, aborted) =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(0.5), aborted);
                    await body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(bundle.Body), aborted);
                },
            };
        };

        var run = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal((RunStatus.Failed, RunFailure.Upstream), (run.Status, run.Failure));
        Assert.Contains("no new resource for 00:00:03 (Ingestion:MaxTimeWithoutProgress)", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Counters.Upserted);
    }

    [Fact]
    public async Task More_resources_than_the_total_explains_fail_the_run()
    {
        _silo.AddSource(Source, _server.Base);
        var page = 0;
        _answer = request =>
        {
            if (request.IsMetadata)
                return ScriptedAnswer.NotFound;
            var number = Interlocked.Increment(ref page);
            var bundle = ScriptedAnswer.Bundle(
                Enumerable.Range(0, 2_000).Select(i => Patient($"p{number}-{i}")),
                $"{request.Base}Patient?page={number}"
            );
            return bundle with
            {
                Body = bundle.Body.Replace("\"type\":\"searchset\"", "\"type\":\"searchset\",\"total\":10", StringComparison.Ordinal),
            };
        };

        var run = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("more than twice as many resources as its total, 10", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_is_logged_as_cancelled_and_not_as_left_by_a_stopping_host()
    {
        _silo.AddSource(Source, _server.Base);
        _answer = request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(200, "") { WriteBody = DripAsync };
        var runId = await _silo.Client.StartAsync(Source, "Patient");
        await Eventually.Is(() => _server.Requests.Length > 1, "the run waits for its first page");

        Assert.True(await _silo.Client.Run(runId).Cancel());

        Assert.Contains(
            _log.All,
            l => l.EventId == 2009 && l.Text.StartsWith($"Run {runId} of {Source}/Patient was cancelled", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(_log.All, l => l.EventId == 2005);
    }

    [Fact]
    public async Task A_server_of_another_FHIR_version_is_refused()
    {
        _silo.AddSource(Source, _server.Base);
        _answer = request => request.IsMetadata ? Statement("5.0.0", "A") : ScriptedAnswer.Bundle([Patient("a")]);

        var run = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal((RunStatus.Failed, RunFailure.Upstream), (run.Status, run.Failure));
        Assert.Contains("the server is FHIR 5.0.0; Interop reads FHIR R4 (4.0.1)", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _database.Database.CountAsync("patients", Source));
    }

    [Fact]
    public async Task Another_server_behind_the_same_URL_is_refused_until_it_is_adopted()
    {
        _silo.AddSource(Source, _server.Base);
        var software = "A";
        _answer = request => request.IsMetadata ? Statement("4.0.1", software) : ScriptedAnswer.Bundle([Patient("a")]);
        var first = await _silo.Client.RunAsync(Source, "Patient");
        var again = await _silo.Client.RunAsync(Source, "Patient");
        software = "B";

        var refused = await _silo.Client.RunAsync(Source, "Patient");
        var adopted = await _silo.Client.RunAsync(Source, "Patient", Runs.Request("Patient") with { Adopt = true });
        var next = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal((RunStatus.Success, RunStatus.Success), (first.Status, again.Status));
        Assert.Equal((RunStatus.Failed, RunFailure.Source), (refused.Status, refused.Failure));
        Assert.StartsWith(
            $"the source '{Source}' was filled from A at http://a.example/fhir, and {_server.Base} is B at http://a.example/fhir now",
            refused.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("--adopt", refused.Error, StringComparison.Ordinal);
        Assert.Equal((RunStatus.Success, RunStatus.Success), (adopted.Status, next.Status));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(503)]
    [InlineData(401)]
    public async Task A_server_whose_metadata_cannot_be_read_is_ingested_all_the_same(int status)
    {
        _silo.AddSource(Source, _server.Base, source => source.MaxAttempts = 2);
        _answer = request => request.IsMetadata ? new ScriptedAnswer(status, "") : ScriptedAnswer.Bundle([Patient("a")]);

        var run = await _silo.Client.RunAsync(Source, "Patient");

        Assert.Equal((RunStatus.Success, 1), (run.Status, run.Counters.Upserted));
    }

    private static async Task DripAsync(Stream body, CancellationToken aborted)
    {
        while (true)
        {
            await body.WriteAsync(" "u8.ToArray(), aborted);
            await body.FlushAsync(aborted);
            await Task.Delay(TimeSpan.FromSeconds(0.2), aborted);
        }
    }

    private static string Patient(string id) => $$$"""{"resourceType":"Patient","id":"{{{id}}}","meta":{"versionId":"1"}}""";

    private static ScriptedAnswer Statement(string version, string software) =>
        new(
            200,
            $$$"""
            {"resourceType":"CapabilityStatement","fhirVersion":"{{{version}}}","software":{"name":"{{{software}}}"},
             "implementation":{"description":"x","url":"http://a.example/fhir"}}
            """
        );

    private void AssertLogHasNoText() => Assert.DoesNotContain(_log.All, l => l.Text.Contains("Jane Roe", StringComparison.Ordinal));
}

public sealed class WaitingOnSqliteTests() : WaitingTests(SqlDialect.Sqlite);

public sealed class WaitingOnPostgresTests() : WaitingTests(SqlDialect.Postgres);
