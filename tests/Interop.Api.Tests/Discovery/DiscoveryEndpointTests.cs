using System.Net;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Telemetry;
using Interop.Sandbox;
using Interop.Sandbox.Mirth;

namespace Interop.Api.Tests.Discovery;

/// <summary>Patient discovery over HTTP, against the sandbox's Mirth channel; and what must be in no log, answer or file.</summary>
public sealed class DiscoveryEndpointTests : IAsyncLifetime
{
    private const string Search = """{"request_id":"req-1","demographics":{"firstName":" Zebulon ","lastName":"Quackenbush","dob":"1980-02-29"}}""";
    private readonly TestFolder _folder = new();
    private SandboxServer _sandbox = null!;
    private ServerProcess _server = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        _server = await ServerProcess.StartAsync(
            _folder.Path,
            ("OPENEMR_TOKEN_URL", new Uri(_sandbox.BaseAddress, "oauth2/default/token").AbsoluteUri),
            ("OPENEMR_CLIENT_ID", _sandbox.OpenEmr.ClientId),
            ("OPENEMR_CLIENT_SECRET", _sandbox.OpenEmr.ClientSecret),
            ("OPENEMR_USERNAME", "admin"),
            ("OPENEMR_PASSWORD", _sandbox.OpenEmr.Password),
            ("OPENEMR_SCOPE", "offline_access"),
            ("MIRTH_PD_ENDPOINT_URL", new Uri(_sandbox.BaseAddress, "mirth/pd").AbsoluteUri),
            ("Tenants__default__Timeout", "00:00:03"),
            ("Telemetry__CommitBudget", "00:00:20"),
            ("LOG_LEVEL", "Trace"));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _sandbox.DisposeAsync();
        _folder.Delete();
    }

    [Fact]
    public async Task A_request_is_submitted_once_and_put_on_the_timeline()
    {
        var (status, answer) = await PostAsync(Search);
        Assert.Equal((HttpStatusCode.OK, "submitted"), (status, answer.GetProperty("status").GetString()));
        var correlationId = answer.GetProperty("correlation_id").GetString();
        var sent = JsonDocument.Parse(Assert.Single(_sandbox.Mirth.Received)).RootElement;
        Assert.Equal(("req-1", correlationId, "Zebulon"), (
            sent.GetProperty("request_id").GetString(), sent.GetProperty("correlation_id").GetString(), sent.GetProperty("demographics").GetProperty("firstName").GetString()));

        var again = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(Search)));
        Assert.All(again, a => Assert.Equal(answer.GetRawText(), a.Body.GetRawText()));
        Assert.Single(_sandbox.Mirth.Received);

        var timeline = await _server.GetAsync("/api/timeline?firstName=ZEBULON&lastName=quackenbush&dob=1980-02-29");
        var happened = Assert.Single(timeline.GetProperty("events").EnumerateArray());
        Assert.Equal(("PD_SEARCH_REQUEST", "submitted", correlationId), (
            happened.GetProperty("type").GetString(), happened.GetProperty("status").GetString(), happened.GetProperty("details").GetProperty("correlation_id").GetString()));
        Assert.Equal(1, (await _server.GetAsync($"/api/telemetry/events?eventType=PD_SEARCH_REQUEST&correlationId={correlationId}")).GetArrayLength());
    }

    [Theory]
    [InlineData(XcpdCase.OneMatch, "match", 1)]
    [InlineData(XcpdCase.TwoMatches, "matches", 2)]
    [InlineData(XcpdCase.MoreDemographics, "more_demographics", 0)]
    [InlineData(XcpdCase.NoMatch, "no_match", 0)]
    [InlineData(XcpdCase.Error, "error", 0)]
    public async Task Each_case_of_an_XCPD_answer_is_told(XcpdCase answered, string outcome, int count)
    {
        _sandbox.Mirth.Case = answered;
        var (status, answer) = await PostAsync(Search, "?format=xcpd");
        Assert.Equal((HttpStatusCode.OK, outcome, count), (status, answer.GetProperty("outcome").GetString(), answer.GetProperty("result_count").GetInt32()));
        Assert.Equal(answered == XcpdCase.MoreDemographics, answer.TryGetProperty("wanted_demographics", out _));
        Assert.Equal(count, answer.TryGetProperty("matches", out var matches) ? matches.GetArrayLength() : 0);
        var sent = Assert.Single(_sandbox.Mirth.Received);
        Assert.Contains("PRPA_IN201305UV02", sent, StringComparison.Ordinal);
        Assert.Contains("<livingSubjectBirthTime><value value=\"19800229\" />", sent, StringComparison.Ordinal);
        var told = Assert.Single((await _server.GetAsync("/api/telemetry/events")).EnumerateArray());
        Assert.Equal(count, told.GetProperty("resultCount").GetInt32());
    }

    [Fact]
    public async Task Failures_are_told_and_nothing_secret_is_anywhere()
    {
        var problems = new StringBuilder();
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "{");
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", Search.Replace("1980-02-29", "2999-01-01", StringComparison.Ordinal));
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", Search.Replace("Quackenbush", "  ", StringComparison.Ordinal));
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", Search.Replace("1980-02-29", "29.02.1980", StringComparison.Ordinal));
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", Search.Replace("Quackenbush", "Quacken\\u0000bush", StringComparison.Ordinal));
        _sandbox.Mirth.Status = 500;
        await AssertAsync(HttpStatusCode.BadGateway, "Mirth answered 500", Search);
        _sandbox.Mirth.Delay = TimeSpan.FromSeconds(6);
        await AssertAsync(HttpStatusCode.GatewayTimeout, "Mirth did not answer in time", Search);
        (_sandbox.Mirth.Delay, _sandbox.Mirth.Status) = (TimeSpan.Zero, 200);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Search)).Status); // what failed may come again
        await PostAsync("""{"client_id":"leak-client","client_secret":"leak-secret","username":"leak-user","password":"leak-password"}""", path: "/api/tokens/manual");
        await PostAsync("", path: "/api/tokens/refresh");

        var refused = (await PostAsync("""{"client_id":"interop-openemr","client_secret":"openemr-secret","username":"leak-user","password":"leak-password"}""", path: "/api/tokens/manual")).Body;
        problems.Append(refused.GetRawText());
        Assert.NotEmpty(_sandbox.OpenEmr.IssuedSecrets);
        string[] secrets =
        [
            .. _sandbox.OpenEmr.IssuedSecrets, _sandbox.OpenEmr.ClientSecret, _sandbox.OpenEmr.Password,
            "leak-secret", "leak-password", "leak-user", "Zebulon", "Quackenbush", "1980-02-29", "19800229",
        ];
        var places = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "owner").Select(f => (f, Read(f)))
            .Append(("the log", _server.Log)).Append(("the answers", problems.ToString()));
        foreach (var (place, content) in places)
        {
            foreach (var secret in secrets)
                Assert.False(content.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in {place}");
        }

        async Task AssertAsync(HttpStatusCode expected, string message, string body)
        {
            var (status, answer) = await PostAsync(body);
            problems.Append(answer.GetRawText());
            Assert.Equal((expected, message), (status, answer.GetProperty("message").GetString()));
        }
    }

    // The database's own files, write-ahead log and all: more than a dump would show.
    private static string Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string body, string query = "", string path = "/api/pd/search")
    {
        using var answer = await _server.PostAsync(path + query, body);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}
