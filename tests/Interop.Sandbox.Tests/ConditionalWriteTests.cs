using System.Net;
using System.Text;
using System.Text.Json;
using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Tests;

public sealed class ConditionalWriteTests : IAsyncLifetime, IDisposable
{
    private const string Identified = """{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}],"gender":"female"}""";
    private SandboxServer _server = null!;
    private SandboxClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 5 });
        _client = new SandboxClient(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_conditional_create_writes_once_and_then_finds_its_resource()
    {
        var (first, location) = await SendAsync(HttpMethod.Post, "Patient", Identified, ("If-None-Exist", "identifier=urn:x|1"));
        var (second, again) = await SendAsync(HttpMethod.Post, "Patient", Identified, ("If-None-Exist", "identifier=urn:x|1"));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, location), (first, second, again));
        Assert.Equal(6, _server.Store.Count("Patient"));
    }

    [Fact]
    public async Task Twenty_conditional_creates_at_once_write_one_resource()
    {
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => SendAsync(HttpMethod.Post, "Patient", Identified, ("If-None-Exist", "identifier=urn:x|1")))
        );

        Assert.Equal(6, _server.Store.Count("Patient"));
    }

    [Fact]
    public async Task A_conditional_update_creates_then_updates_and_refuses_several_matches()
    {
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(HttpMethod.Put, "Patient?identifier=urn:x|1", Identified)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, "Patient?identifier=urn:x|1", Identified)).Status);
        await SendAsync(HttpMethod.Post, "Patient", Identified);

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Put, "Patient?identifier=urn:x|1", Identified)).Status);
        Assert.Equal(
            HttpStatusCode.PreconditionFailed,
            (await SendAsync(HttpMethod.Post, "Patient", Identified, ("If-None-Exist", "identifier=urn:x|1"))).Status
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Put, "Patient?color=red", Identified)).Status);
    }

    [Fact]
    public async Task If_match_lets_only_the_current_version_through()
    {
        const string Body = """{"resourceType":"Patient","id":"pat-1","active":true}""";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, "Patient/pat-1", Body, ("If-Match", "W/\"1\""))).Status);

        Assert.Equal(
            HttpStatusCode.PreconditionFailed,
            (await SendAsync(HttpMethod.Put, "Patient/pat-1", Body, ("If-Match", "W/\"1\""))).Status
        );
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, "Patient/pat-1", Body, ("If-Match", "W/\"2\""))).Status);
    }

    [Fact]
    public async Task Identifiers_of_synthetic_and_of_updated_patients_are_found()
    {
        var number = (await _client.GetJsonAsync("Patient/pat-1")).GetProperty("identifier")[0].GetProperty("value").GetString();
        Assert.Equal("pat-1", (await _client.MatchesAsync($"Patient?identifier={number}")).Single().GetProperty("id").GetString());

        await SendAsync(HttpMethod.Put, "Patient/pat-1", """{"resourceType":"Patient","id":"pat-1","identifier":[{"value":"new"}]}""");
        Assert.Empty(await _client.MatchesAsync($"Patient?identifier={number}"));
        Assert.Single(await _client.MatchesAsync("Patient?identifier=new"));
    }

    [Fact]
    public async Task A_transaction_writes_its_entries_with_references_to_each_other()
    {
        const string Bundle = """
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"fullUrl":"urn:uuid:a","resource":{"resourceType":"Condition","subject":{"reference":"urn:uuid:b"},"identifier":[{"value":"c1"}]},"request":{"method":"POST","url":"Condition","ifNoneExist":"identifier=c1"}},
             {"fullUrl":"urn:uuid:b","resource":{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}]},"request":{"method":"PUT","url":"Patient?identifier=urn:x|1"}},
             {"resource":{"resourceType":"Observation","status":"final","subject":{"reference":"Patient?identifier=MRN-00000002"}},"request":{"method":"POST","url":"Observation"}}]}
            """;
        var (status, first) = await PostAsync(Bundle);
        var (_, second) = await PostAsync(Bundle);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["201 Created", "201 Created", "201 Created"], Statuses(first));
        Assert.Equal(["200 OK", "200 OK", "201 Created"], Statuses(second));
        var patient = first.GetProperty("entry")[1].GetProperty("response").GetProperty("location").GetString()!.Split("/_history")[0];
        var condition = (await _client.MatchesAsync("Condition?identifier=c1")).Single();
        Assert.Equal(patient, condition.GetProperty("subject").GetProperty("reference").GetString());
        Assert.NotEmpty(await _client.MatchesAsync("Observation?patient=pat-2&_lastUpdated=ge2026-03-01"));
    }

    [Theory]
    [InlineData(
        """{"resource":{"resourceType":"Patient","id":"pat-1"},"request":{"method":"PUT","url":"Patient/pat-1","ifMatch":"W/\"9\""}}""",
        HttpStatusCode.PreconditionFailed
    )]
    [InlineData("""{"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"resource":{"resourceType":"Observation"},"request":{"method":"POST","url":"Patient"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"request":{"method":"DELETE","url":"Patient/unknown"}}""", HttpStatusCode.NotFound)]
    public async Task A_refused_entry_leaves_nothing_of_its_transaction(string entry, HttpStatusCode expected)
    {
        var (status, outcome) = await PostAsync(
            $$$"""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{{{Identified}}},"request":{"method":"POST","url":"Patient"}},{{{entry}}}]}"""
        );

        Assert.Equal(expected, status);
        Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        Assert.Equal(5, _server.Store.Count("Patient"));
    }

    [Fact]
    public async Task A_batch_writes_each_entry_on_its_own()
    {
        var (status, answer) = await PostAsync(
            $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"DELETE","url":"Patient/unknown"}},{"resource":{{{Identified}}},"request":{"method":"POST","url":"Patient"}}]}"""
        );

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["404", "201 Created"], Statuses(answer));
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_write_done()
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LostAnswer,
                Type = "Patient",
                Times = 1,
            }
        );

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(HttpMethod.Post, "Patient", Identified));
        Assert.Equal(6, _server.Store.Count("Patient"));
    }

    [Theory]
    [InlineData(FaultKind.Unauthorized, 401)]
    [InlineData(FaultKind.Conflict, 409)]
    [InlineData(FaultKind.Unprocessable, 422)]
    public async Task Refusals_of_writes_can_be_requested(FaultKind kind, int status)
    {
        _server.Faults.Set(new FaultRule { Kind = kind });

        Assert.Equal(status, (int)(await SendAsync(HttpMethod.Post, "Patient", Identified)).Status);
        Assert.Equal(5, _server.Store.Count("Patient"));
    }

    private async Task<(HttpStatusCode Status, string? Location)> SendAsync(
        HttpMethod method,
        string address,
        string json,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, address)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/fhir+json"),
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.Http.SendAsync(request);
        return (response.StatusCode, response.Headers.Location?.ToString());
    }

    private async Task<(HttpStatusCode, JsonElement)> PostAsync(string bundle)
    {
        using var response = await _client.SendAsync(HttpMethod.Post, "", bundle);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private static IEnumerable<string?> Statuses(JsonElement bundle) =>
        bundle.GetProperty("entry").EnumerateArray().Select(entry => entry.GetProperty("response").GetProperty("status").GetString());
}
