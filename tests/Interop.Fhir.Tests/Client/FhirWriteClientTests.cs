using System.Net;
using System.Text;
using Interop.Fhir.Client;
using Interop.TestServers;

namespace Interop.Fhir.Tests.Client;

/// <summary>One write client against a scripted server; the clock records waits, which take no time.</summary>
public sealed class FhirWriteClientTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Patient = """{"resourceType":"Patient"}"""u8.ToArray();

    private readonly InstantClock _clock = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Queue<ScriptedAnswer> _answers = new();
    private ScriptedServer _server = null!;

    public async Task InitializeAsync() =>
        _server = await ScriptedServer.StartAsync(_ =>
        {
            lock (_answers)
                return _answers.Count > 0 ? _answers.Dequeue() : Created;
        });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    private static ScriptedAnswer Created { get; } =
        new(201, "", null, ("Location", "http://x/fhir/Patient/7/_history/1"), ("ETag", "W/\"1\""));

    private FhirWriteClient Client(int attempts = 4) =>
        new(_http, new FhirClientOptions(_server.Base) { MaxAttempts = attempts }, null, _clock);

    private void Answer(params ScriptedAnswer[] answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue(answer);
    }

    [Fact]
    public async Task A_create_posts_the_resource_and_reads_its_id_and_version()
    {
        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal((FhirWriteOutcome.Created, "Patient", "7", "1"), (result.Outcome, result.ResourceType, result.Id, result.VersionId));
        var request = Assert.Single(_server.Requests);
        Assert.Equal(("POST", "Patient", Encoding.UTF8.GetString(Patient)), (request.Method, request.Path, request.Body));
        Assert.Equal("application/fhir+json; charset=utf-8", request.Headers.ContentType);
        Assert.False(request.Headers.ContainsKey("If-None-Exist"));
    }

    [Fact]
    public async Task A_conditional_create_that_finds_the_resource_writes_nothing()
    {
        Answer(new ScriptedAnswer(200, """{"resourceType":"Patient","id":"9","meta":{"versionId":"3"}}"""));

        var result = await Client().CreateAsync("Patient", Patient, "identifier=s|1", default);

        Assert.Equal((FhirWriteOutcome.AlreadyThere, "9", "3"), (result.Outcome, result.Id, result.VersionId));
        Assert.Equal("identifier=s|1", Assert.Single(_server.Requests).Headers["If-None-Exist"].ToString());
    }

    [Fact]
    public async Task An_update_sends_the_version_that_it_expects()
    {
        Answer(new ScriptedAnswer(200, "", null, ("ETag", "W/\"5\"")));

        var result = await Client().UpdateAsync("Patient", "7", Patient, "4", default);

        Assert.Equal((FhirWriteOutcome.Updated, "5"), (result.Outcome, result.VersionId));
        var request = Assert.Single(_server.Requests);
        Assert.Equal(("PUT", "Patient/7", "W/\"4\""), (request.Method, request.Path, request.Headers.IfMatch.ToString()));
    }

    [Theory]
    [InlineData(409)]
    [InlineData(412)]
    public async Task Another_version_on_the_server_is_a_conflict_and_not_repeated(int status)
    {
        Answer(new ScriptedAnswer(status, """{"resourceType":"OperationOutcome","issue":[{"diagnostics":"version 6"}]}"""));

        var result = await Client().UpdateAsync("Patient", "7", Patient, "4", default);

        Assert.Equal(FhirWriteOutcome.Conflict, result.Outcome);
        Assert.EndsWith(": version 6", result.Reason);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Several_matches_of_a_condition_are_not_reported_as_a_conflict()
    {
        Answer(new ScriptedAnswer(412, ""), new ScriptedAnswer(412, ""));

        Assert.Equal(
            FhirWriteOutcome.SeveralMatches,
            (await Client().UpdateAsync("Patient", "identifier=s%7C1", Patient, default)).Outcome
        );
        Assert.Equal(FhirWriteOutcome.SeveralMatches, (await Client().CreateAsync("Patient", Patient, "identifier=s|1", default)).Outcome);
        Assert.Equal("s|1", _server.Requests[0].Query["identifier"].ToString());
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task A_refusal_for_good_is_not_repeated(int status)
    {
        Answer(new ScriptedAnswer(status, """{"resourceType":"OperationOutcome","issue":[{"diagnostics":"because"}]}"""));

        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal((FhirWriteOutcome.Rejected, (HttpStatusCode)status), (result.Outcome, result.Status));
        Assert.EndsWith(": because", result.Reason);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_server_is_asked_again_after_the_time_that_it_names(int status)
    {
        Answer(new ScriptedAnswer(status, "", null, ("Retry-After", "17")));

        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal(FhirWriteOutcome.Created, result.Outcome);
        Assert.Equal(2, _server.Requests.Length);
        Assert.Contains(TimeSpan.FromSeconds(17), _clock.Waits);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_unavailable()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(429, ""), 10)]);
        Assert.Equal(FhirWriteOutcome.Unavailable, (await Client(attempts: 3).CreateAsync("Patient", Patient, null, default)).Outcome);
        Assert.Equal(3, _server.Requests.Length);
    }

    [Fact]
    public async Task A_Retry_After_beyond_the_limit_is_not_waited_for()
    {
        Answer(new ScriptedAnswer(429, "", null, ("Retry-After", "86400")));

        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal((FhirWriteOutcome.Unavailable, TimeSpan.FromDays(1)), (result.Outcome, result.RetryAfter));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_lost_answer_to_a_plain_create_is_uncertain_and_never_repeated()
    {
        Answer(ScriptedAnswer.Abort);

        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal((FhirWriteOutcome.Uncertain, null), (result.Outcome, result.Status));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_lost_answer_to_a_conditional_write_is_repeated()
    {
        Answer(ScriptedAnswer.Abort, new ScriptedAnswer(500, ""));

        Assert.Equal(FhirWriteOutcome.Created, (await Client().CreateAsync("Patient", Patient, "identifier=s|1", default)).Outcome);
        Assert.Equal(3, _server.Requests.Length);
    }

    [Fact]
    public async Task A_write_that_may_have_happened_stays_uncertain_when_the_server_refuses_later()
    {
        Answer(ScriptedAnswer.Abort, new ScriptedAnswer(503, ""), new ScriptedAnswer(503, ""), new ScriptedAnswer(503, ""));

        Assert.Equal(FhirWriteOutcome.Uncertain, (await Client().UpdateAsync("Patient", "identifier=s%7C1", Patient, default)).Outcome);
    }

    [Fact]
    public async Task An_update_with_a_version_is_not_repeated_when_its_answer_is_lost()
    {
        Answer(ScriptedAnswer.Abort);

        Assert.Equal(FhirWriteOutcome.Uncertain, (await Client().UpdateAsync("Patient", "7", Patient, "4", default)).Outcome);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        await _server.DisposeAsync();

        var result = await Client(attempts: 2).CreateAsync("Patient", Patient, null, default);

        Assert.Equal((FhirWriteOutcome.Unavailable, null), (result.Outcome, result.Status));
    }

    [Fact]
    public async Task A_transaction_has_the_results_of_its_entries()
    {
        Answer(
            new ScriptedAnswer(
                200,
                """
                {"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201 Created","location":"Patient/1/_history/1"}},
                 {"response":{"status":"200","location":"http://x/fhir/Condition/2","etag":"W/\"4\""}}]}
                """
            )
        );

        var result = await Client().TransactionAsync("{}"u8.ToArray(), isRepeatable: true, default);

        Assert.Equal(FhirWriteOutcome.Applied, result.Outcome);
        Assert.Equal(
            [(FhirWriteOutcome.Created, "Patient", "1", "1"), (FhirWriteOutcome.Applied, "Condition", "2", "4")],
            result.Entries.Select(e => (e.Outcome, e.ResourceType!, e.Id!, e.VersionId!))
        );
    }

    [Fact]
    public async Task An_answer_to_a_transaction_that_cannot_be_read_is_uncertain()
    {
        Answer(new ScriptedAnswer(200, "<html>"));
        Assert.Equal(FhirWriteOutcome.Uncertain, (await Client().TransactionAsync("{}"u8.ToArray(), isRepeatable: false, default)).Outcome);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_cancelled_write_ends_with_the_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().CreateAsync("Patient", Patient, null, cancelled.Token));
    }

    [Theory]
    [InlineData("Patient/1", "Patient", "1", null)]
    [InlineData("http://x/fhir/Patient/1/_history/2", "Patient", "1", "2")]
    [InlineData("/Patient/1/_history/2/", "Patient", "1", "2")]
    [InlineData("nonsense", null, null, null)]
    public async Task A_location_names_type_id_and_version(string location, string? type, string? id, string? version)
    {
        Answer(new ScriptedAnswer(201, "", null, ("Location", location)));

        var result = await Client().CreateAsync("Patient", Patient, null, default);

        Assert.Equal((type, id, version), (result.ResourceType, result.Id, result.VersionId));
    }
}
