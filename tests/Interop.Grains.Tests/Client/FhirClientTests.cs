using System.Globalization;
using System.Net;
using Interop.Fhir.Client;
using Interop.Grains.Tests.Support;

namespace Interop.Grains.Tests.Client;

/// <summary>One client against a server that does as it is told; waits are recorded by the clock and take no time.</summary>
public sealed class FhirClientTests : IAsyncLifetime, IDisposable
{
    private const string Page = """{"resourceType":"Bundle","type":"searchset"}""";

    private readonly InstantClock _clock = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Queue<ScriptedAnswer> _answers = new();
    private ScriptedServer _server = null!;

    public async Task InitializeAsync() => _server = await ScriptedServer.StartAsync(_ =>
    {
        lock (_answers)
            return _answers.Count > 0 ? _answers.Dequeue() : Good;
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    private static ScriptedAnswer Good { get; } = new(200, Page);

    [Fact]
    public async Task TheRequestAsksForFhirAndPastCaches()
    {
        using var page = await GetAsync(Client());

        Assert.Equal("Bundle", page.Bundle.ResourceType);
        Assert.Equal("application/fhir+json", _server.Requests.Single().Headers.Accept);
        Assert.Equal("no-cache", _server.Requests.Single().Headers.CacheControl);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task ATransientRefusalIsAskedAgain(int status)
    {
        Answer(new ScriptedAnswer(status, ""), new ScriptedAnswer(status, ""));

        using var page = await GetAsync(Client());

        Assert.Equal(3, _server.Requests.Length);
    }

    [Fact]
    public async Task AnAnswerNestedWithoutEndIsNotAskedAgain()
    {
        Answer(new ScriptedAnswer(200, "{\"resourceType\":\"Bundle\",\"meta\":" + new string('[', 1_000_000)));

        var failure = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.EndsWith("the answer is nested more than 256 levels deep", failure.Message, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task ARefusalForGoodIsNotAskedAgainAndSaysWhatTheServerSaid(int status)
    {
        Answer(new ScriptedAnswer(status, """{"resourceType":"OperationOutcome","issue":[{"diagnostics":"because"}]}"""));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.Equal((HttpStatusCode)status, error.Status);
        Assert.EndsWith(": because", error.Message);
        Assert.Equal(status is 404 or 410, error.IsGone);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData("""{"resourceType":"Bundle","entry":[""")]
    [InlineData("")]
    [InlineData("<html>")]
    public async Task ABodyThatIsNotOneDocumentIsAskedForAgain(string body)
    {
        Answer(new ScriptedAnswer(200, body));

        using var page = await GetAsync(Client());

        Assert.Equal(2, _server.Requests.Length);
    }

    [Fact]
    public async Task RetryAfterInSecondsIsWaitedFor()
    {
        Answer(new ScriptedAnswer(429, "", null, ("Retry-After", "17")));

        using var page = await GetAsync(Client());

        Assert.Contains(TimeSpan.FromSeconds(17), _clock.Waits);
    }

    [Fact]
    public async Task RetryAfterAsADateIsCountedFromTheServersOwnClock()
    {
        var theirs = new DateTimeOffset(2031, 5, 5, 5, 5, 5, TimeSpan.Zero);
        Answer(new ScriptedAnswer(503, "", theirs, ("Retry-After", theirs.AddSeconds(23).ToString("R", CultureInfo.InvariantCulture))));

        using var page = await GetAsync(Client());

        Assert.Contains(TimeSpan.FromSeconds(23), _clock.Waits);
    }

    [Fact]
    public async Task ARetryAfterBeyondTheLimitFailsAtOnce()
    {
        Answer(new ScriptedAnswer(429, "", null, ("Retry-After", "86400")));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.Contains("MaxRetryAfter", error.Message);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task TheNumberOfTriesIsCapped()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(503, ""), 20)]);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(o => o with { MaxAttempts = 4 })));

        Assert.True(error.IsTransient);
        Assert.Equal(4, _server.Requests.Length);
        Assert.Equal(3, _clock.Waits.Count(w => w > TimeSpan.Zero && w <= TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task TheCircuitOpensAfterRepeatedFailuresAndClosesWhenTheServerIsBack()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(503, "", null), 4)]);
        var client = Client(o => o with { MaxAttempts = 2, FailuresBeforeBreak = 2 });
        await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(client));
        await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(client));

        var open = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(client));

        Assert.Contains("circuit", open.Message);
        Assert.Contains("503", open.Message);
        Assert.Equal(4, _server.Requests.Length);
        _clock.Advance(TimeSpan.FromSeconds(31));
        using var page = await GetAsync(client);
        Assert.Equal(5, _server.Requests.Length);
    }

    [Fact]
    public async Task ARefusedTokenIsRenewedOnce()
    {
        var authorization = new CountedTokens();
        Answer(new ScriptedAnswer(401, ""));

        using var page = await GetAsync(Client(authorization: authorization));

        Assert.Equal(["Bearer token-1", "Bearer token-2"], _server.Requests.Select(r => r.Headers.Authorization.ToString()));
    }

    [Fact]
    public async Task ATokenThatIsRefusedAfterItsRenewalIsRefused()
    {
        Answer(new ScriptedAnswer(401, ""), new ScriptedAnswer(401, ""));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(authorization: new CountedTokens())));

        Assert.Equal(HttpStatusCode.Unauthorized, error.Status);
        Assert.Equal(2, _server.Requests.Length);
    }

    [Fact]
    public async Task AnotherOriginIsRefusedAndNeverAsked()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => Client().GetPageAsync(new Uri(other.Base, "Patient"), default));

        Assert.Contains("another origin", error.Message);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task AListedOriginIsFollowedWithoutTheToken()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);
        var client = Client(o => o with { AllowedOrigins = [other.Base] }, new CountedTokens());

        using var page = await client.GetPageAsync(new Uri(other.Base, "Patient"), default);

        Assert.Equal("", other.Requests.Single().Headers.Authorization.ToString());
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    public async Task AnotherSchemeIsRefused(string url) =>
        await Assert.ThrowsAsync<FhirRequestException>(() => Client().GetPageAsync(new Uri(url), default));

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task ARedirectWithinTheOriginIsFollowedWithTheToken(int status)
    {
        Answer(new ScriptedAnswer(status, "", null, ("Location", "elsewhere?x=1")));

        using var page = await GetAsync(Client(authorization: new CountedTokens()));

        Assert.Equal(["Patient", "elsewhere"], _server.Requests.Select(r => r.Path));
        Assert.Equal("Bearer token-1", _server.Requests[1].Headers.Authorization);
    }

    [Fact]
    public async Task ARedirectToAnotherOriginIsRefused()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);
        Answer(new ScriptedAnswer(302, "", null, ("Location", other.Base.AbsoluteUri)));

        await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(authorization: new CountedTokens())));

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task RedirectsInACircleEnd()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(302, "", null, ("Location", "Patient")), 20)]);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.Contains("redirects", error.Message);
        Assert.Equal(6, _server.Requests.Length);
    }

    [Fact]
    public async Task AnAnswerThatIsTooLargeIsRefusedAndNotAskedForAgain()
    {
        Answer(new ScriptedAnswer(200, new string(' ', 3_000_000) + Page));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(o => o with { MaxResponseBytes = 1024 * 1024 })));

        Assert.Contains("larger than 1 MiB", error.Message);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task AServerThatIsNotThereIsATransientFailureThatNamesNoQueryValue()
    {
        var client = new FhirClient(_http, new FhirClientOptions(new Uri("http://127.0.0.1:1/fhir/")) { MaxAttempts = 2 }, null, _clock);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => client.GetPageAsync(new Uri("Patient?name=secret", UriKind.Relative), default));

        Assert.True(error.IsTransient);
        Assert.StartsWith("GET http://127.0.0.1:1/fhir/Patient:", error.Message);
    }

    [Fact]
    public async Task ACancelledCallerGetsItsCancellation()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().GetPageAsync(new Uri("Patient", UriKind.Relative), cancelled.Token));
    }

    private void Answer(params ReadOnlySpan<ScriptedAnswer> answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue(answer);
    }

    private static Task<FhirPage> GetAsync(FhirClient client) => client.GetPageAsync(new Uri("Patient", UriKind.Relative), default);

    private FhirClient Client(Func<FhirClientOptions, FhirClientOptions>? configure = null, IAuthorization? authorization = null)
    {
        var options = new FhirClientOptions(_server.Base);
        return new FhirClient(_http, configure?.Invoke(options) ?? options, authorization, _clock);
    }

    private sealed class CountedTokens : IAuthorization
    {
        private int _issued = 1;

        public ValueTask<System.Net.Http.Headers.AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken) =>
            new(new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", $"token-{(renew ? ++_issued : _issued)}"));
    }
}
