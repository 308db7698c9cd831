using System.Globalization;
using System.Net;
using Interop.Fhir.Client;
using Interop.TestServers;

namespace Interop.Fhir.Tests.Client;

/// <summary>One client against a scripted server; the clock records waits, which take no time.</summary>
public sealed class FhirClientTests : IAsyncLifetime, IDisposable
{
    private const string Page = """{"resourceType":"Bundle","type":"searchset"}""";

    private readonly InstantClock _clock = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Queue<ScriptedAnswer> _answers = new();
    private ScriptedServer _server = null!;

    public async Task InitializeAsync() =>
        _server = await ScriptedServer.StartAsync(_ =>
        {
            lock (_answers)
                return _answers.Count > 0 ? _answers.Dequeue() : Good;
        });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    private static ScriptedAnswer Good { get; } = new(200, Page);

    [Fact]
    public async Task The_request_asks_for_FHIR_and_past_caches()
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
    public async Task A_transient_refusal_is_asked_again(int status)
    {
        Answer(new ScriptedAnswer(status, ""), new ScriptedAnswer(status, ""));

        using var page = await GetAsync(Client());

        Assert.Equal(3, _server.Requests.Length);
    }

    [Fact]
    public async Task An_answer_nested_without_end_is_not_asked_again()
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
    public async Task A_refusal_for_good_is_not_asked_again_and_says_what_the_server_said(int status)
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
    public async Task A_body_that_is_not_one_document_is_asked_for_again(string body)
    {
        Answer(new ScriptedAnswer(200, body));

        using var page = await GetAsync(Client());

        Assert.Equal(2, _server.Requests.Length);
    }

    [Fact]
    public async Task Retry_after_in_seconds_is_waited_for()
    {
        Answer(new ScriptedAnswer(429, "", null, ("Retry-After", "17")));

        using var page = await GetAsync(Client());

        Assert.Contains(TimeSpan.FromSeconds(17), _clock.Waits);
    }

    [Fact]
    public async Task Retry_after_as_a_date_is_counted_from_the_servers_own_clock()
    {
        var theirs = new DateTimeOffset(2031, 5, 5, 5, 5, 5, TimeSpan.Zero);
        Answer(new ScriptedAnswer(503, "", theirs, ("Retry-After", theirs.AddSeconds(23).ToString("R", CultureInfo.InvariantCulture))));

        using var page = await GetAsync(Client());

        Assert.Contains(TimeSpan.FromSeconds(23), _clock.Waits);
    }

    [Fact]
    public async Task A_retry_after_beyond_the_limit_fails_at_once()
    {
        Answer(new ScriptedAnswer(429, "", null, ("Retry-After", "86400")));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.Contains("MaxRetryAfter", error.Message);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task The_number_of_tries_is_capped()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(503, ""), 20)]);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(o => o with { MaxAttempts = 4 })));

        Assert.True(error.IsTransient);
        Assert.Equal(4, _server.Requests.Length);
        Assert.Equal(3, _clock.Waits.Count(w => w > TimeSpan.Zero && w <= TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task The_circuit_opens_after_repeated_failures_and_closes_when_the_server_is_back()
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
    public async Task A_refused_token_is_renewed_once()
    {
        var authorization = new CountedTokens();
        Answer(new ScriptedAnswer(401, ""));

        using var page = await GetAsync(Client(authorization: authorization));

        Assert.Equal(["Bearer token-1", "Bearer token-2"], _server.Requests.Select(r => r.Headers.Authorization.ToString()));
    }

    [Fact]
    public async Task A_token_that_is_refused_after_its_renewal_is_refused()
    {
        Answer(new ScriptedAnswer(401, ""), new ScriptedAnswer(401, ""));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(authorization: new CountedTokens())));

        Assert.Equal(HttpStatusCode.Unauthorized, error.Status);
        Assert.Equal(2, _server.Requests.Length);
    }

    [Fact]
    public async Task Another_origin_is_refused_and_never_asked()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => Client().GetPageAsync(new Uri(other.Base, "Patient"), default));

        Assert.Contains("another origin", error.Message);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_listed_origin_is_followed_without_the_token()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);
        var client = Client(o => o with { AllowedOrigins = [other.Base] }, new CountedTokens());

        using var page = await client.GetPageAsync(new Uri(other.Base, "Patient"), default);

        Assert.Equal("", other.Requests.Single().Headers.Authorization.ToString());
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    public async Task Another_scheme_is_refused(string url) =>
        await Assert.ThrowsAsync<FhirRequestException>(() => Client().GetPageAsync(new Uri(url), default));

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_within_the_origin_is_followed_with_the_token(int status)
    {
        Answer(new ScriptedAnswer(status, "", null, ("Location", "elsewhere?x=1")));

        using var page = await GetAsync(Client(authorization: new CountedTokens()));

        Assert.Equal(["Patient", "elsewhere"], _server.Requests.Select(r => r.Path));
        Assert.Equal("Bearer token-1", _server.Requests[1].Headers.Authorization);
    }

    [Fact]
    public async Task A_redirect_to_another_origin_is_refused()
    {
        await using var other = await ScriptedServer.StartAsync(_ => Good);
        Answer(new ScriptedAnswer(302, "", null, ("Location", other.Base.AbsoluteUri)));

        await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(authorization: new CountedTokens())));

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        Answer([.. Enumerable.Repeat(new ScriptedAnswer(302, "", null, ("Location", "Patient")), 20)]);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client()));

        Assert.Contains("redirects", error.Message);
        Assert.Equal(6, _server.Requests.Length);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_refused_and_not_asked_for_again()
    {
        Answer(new ScriptedAnswer(200, new string(' ', 3_000_000) + Page));

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(Client(o => o with { MaxResponseBytes = 1024 * 1024 })));

        Assert.Contains("larger than 1 MiB", error.Message);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_large_answer_arrives_whole()
    {
        const int Entries = 400_000;
        var entries = string.Join(
            ',',
            Enumerable.Range(0, Entries).Select(i => $$$"""{"resource":{"resourceType":"Basic","id":"resource-{{{i:D8}}}"}}""")
        );
        Answer(new ScriptedAnswer(200, $$"""{"resourceType":"Bundle","type":"searchset","entry":[{{entries}}]}"""));

        using var page = await GetAsync(Client());

        Assert.InRange(page.Body.Length, 20_000_000, 40_000_000);
        Assert.Equal(Entries, page.Bundle.Entries.Count);
        for (var i = 0; i < Entries; i += 9_973)
            Assert.Equal($"resource-{i:D8}", ResourceHeader.Read(page.Bundle.Entries[i].Resource.Span).Id);
    }

    [Fact]
    public async Task A_server_that_sends_a_byte_every_quarter_of_a_second_is_left_at_the_limit_of_the_page()
    {
        Answer(
            new ScriptedAnswer(200, "")
            {
                WriteBody = async (body, aborted) =>
                {
                    while (true)
                    {
                        await body.WriteAsync(" "u8.ToArray(), aborted);
                        await body.FlushAsync(aborted);
                        await Task.Delay(TimeSpan.FromSeconds(0.25), aborted);
                    }
                },
            }
        );
        var options = new FhirClientOptions(_server.Base) { MaxElapsed = TimeSpan.FromSeconds(1.5) };
        var client = new FhirClient(_http, options, null, TimeProvider.System);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() => GetAsync(client).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Contains("no good answer within 00:00:01.5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_further_try_is_told_before_its_wait_and_the_log_gets_the_codes_only()
    {
        const string Outcome = """
            {"resourceType":"OperationOutcome","issue":[{"code":"transient","diagnostics":"the index of Jane Roe is locked"},
             {"code":"Jane Roe, born 1970","diagnostics":"x"}]}
            """;
        Answer(new ScriptedAnswer(503, Outcome), new ScriptedAnswer(429, ""));
        var told = new List<FhirRetry>();

        using var page = await Client().GetPageAsync(new Uri("Patient", UriKind.Relative), told.Add, default);

        Assert.Equal([(2, 8), (3, 8)], told.Select(retry => (retry.Attempt, retry.MaxAttempts)));
        Assert.All(told, retry => Assert.InRange(retry.Delay, TimeSpan.Zero, TimeSpan.FromSeconds(59)));
        Assert.Contains("the index of Jane Roe is locked", told[0].Failure.Message, StringComparison.Ordinal);
        Assert.Equal($"GET {_server.Base}Patient: 503 ServiceUnavailable (transient)", told[0].Failure.LogMessage);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_transient_failure_that_names_no_query_value()
    {
        var client = new FhirClient(_http, new FhirClientOptions(new Uri("http://127.0.0.1:1/fhir/")) { MaxAttempts = 2 }, null, _clock);

        var error = await Assert.ThrowsAsync<FhirRequestException>(() =>
            client.GetPageAsync(new Uri("Patient?name=secret", UriKind.Relative), default)
        );

        Assert.True(error.IsTransient);
        Assert.StartsWith("GET http://127.0.0.1:1/fhir/Patient:", error.Message);
    }

    [Fact]
    public async Task A_cancelled_caller_gets_its_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Client().GetPageAsync(new Uri("Patient", UriKind.Relative), cancelled.Token)
        );
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
