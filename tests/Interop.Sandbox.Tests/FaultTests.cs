using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Interop.Sandbox.Faults;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class FaultTests : IAsyncLifetime, IDisposable
{
    private const string Search = "Observation?_sort=_lastUpdated&_count=50";
    private SandboxServer _server = null!;
    private SandboxClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 10,
                BadShare = 0,
                MissingPatientShare = 0,
            }
        );
        _client = new SandboxClient(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(FaultKind.TooManyRequests, HttpStatusCode.TooManyRequests)]
    [InlineData(FaultKind.Unavailable, HttpStatusCode.ServiceUnavailable)]
    [InlineData(FaultKind.ServerError, HttpStatusCode.InternalServerError)]
    public async Task Errors_occur_as_often_as_the_rule_says(FaultKind kind, HttpStatusCode status)
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = kind,
                Times = 2,
                RetryAfterSeconds = 3,
            }
        );
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var response = await _client.GetAsync(Search);
            Assert.Equal(status, response.StatusCode);
            Assert.Contains("OperationOutcome", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(kind == FaultKind.ServerError ? null : TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
        }
        Assert.Equal(220, (await _client.MatchesAsync(Search)).Count);
        Assert.Equal(2, _server.Stats.Faults[kind]);
    }

    [Fact]
    public async Task Retry_after_can_be_a_date()
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.TooManyRequests,
                RetryAfterSeconds = 120,
                RetryAfterAsDate = true,
            }
        );
        using var response = await _client.GetAsync(Search);
        Assert.InRange(
            response.Headers.RetryAfter!.Date!.Value - DateTimeOffset.UtcNow,
            TimeSpan.FromSeconds(100),
            TimeSpan.FromSeconds(121)
        );
    }

    [Theory]
    [InlineData(FaultKind.SlowBody)]
    [InlineData(FaultKind.SlowHeaders)]
    public async Task Slow_answers_take_their_time_and_are_complete(FaultKind kind)
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = kind,
                Seconds = 0.4,
                Times = 1,
            }
        );
        var watch = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Get, Search);
        using var response = await _client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var headersAfter = watch.Elapsed;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.35), $"It took {watch.Elapsed}.");
        Assert.Equal(kind == FaultKind.SlowHeaders, headersAfter >= TimeSpan.FromSeconds(0.35));
        Assert.Equal(50, Resources(JsonDocument.Parse(body).RootElement, "match").Count());
    }

    [Fact]
    public async Task A_broken_connection_ends_within_the_body()
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.BrokenConnection,
                Fraction = 0.3,
                Times = 1,
            }
        );
        await Assert.ThrowsAsync<HttpRequestException>(async () => (await _client.GetAsync(Search)).Dispose());
        Assert.Equal(220, (await _client.MatchesAsync(Search)).Count);
    }

    [Fact]
    public async Task Truncated_json_is_a_complete_answer_with_200()
    {
        _server.Faults.Set(new FaultRule { Kind = FaultKind.TruncatedJson, Bytes = 5000 });
        using var response = await _client.GetAsync(Search);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(5000, text.Length);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(text));
    }

    [Fact]
    public async Task Expired_paging_hits_next_links_only_and_searching_anew_works()
    {
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ExpiredPaging,
                Pages = [3],
                Times = 1,
                Status = 404,
            }
        );
        var first = await _client.GetJsonAsync(Search);
        var second = await _client.GetJsonAsync(Link(first, "next")!);
        using var third = await _client.GetAsync(Link(second, "next")!);
        Assert.Equal(HttpStatusCode.NotFound, third.StatusCode);
        Assert.Equal(220, (await _client.MatchesAsync(Search)).Count);
    }

    [Fact]
    public async Task A_duplicated_page_comes_twice_under_two_addresses_and_paging_continues()
    {
        _server.Faults.Set(new FaultRule { Kind = FaultKind.DuplicatedPage, Pages = [1, 3] });
        var pages = await _client.PagesAsync(Search);
        Assert.Equal(7, pages.Count);
        // Page 1 repeats its own search
        Assert.Equal(pages.Select(page => Link(page, "self")).Count(), pages.Select(page => Link(page, "self")).Distinct().Count() + 1);
        var ids = pages.SelectMany(page => Resources(page, "match")).Select(Id).ToList();
        Assert.Equal((320, 220), (ids.Count, ids.Distinct().Count()));
    }

    [Fact]
    public async Task A_repeated_next_leads_to_the_page_itself()
    {
        _server.Faults.Set(new FaultRule { Kind = FaultKind.RepeatedNext, Pages = [2] });
        var second = (await _client.PagesAsync(Search, most: 2))[1];
        var third = await _client.GetJsonAsync(Link(second, "next")!);
        Assert.Equal(Link(second, "next"), Link(third, "next"));
        Assert.Equal(second.GetProperty("entry").GetRawText(), third.GetProperty("entry").GetRawText());
    }

    [Fact]
    public async Task A_foreign_next_leads_to_another_origin()
    {
        _server.Faults.Set(new FaultRule { Kind = FaultKind.ForeignNext, Origin = "https://evil.example" });
        Assert.StartsWith(
            "https://evil.example/fhir?_getpages=",
            Link(await _client.GetJsonAsync(Search), "next"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Unexpected_entries_are_added_to_the_matches()
    {
        _server.Faults.Set(
            new FaultRule { Kind = FaultKind.OutcomeEntry },
            new FaultRule { Kind = FaultKind.IncludedEntries, Count = 3 },
            new FaultRule { Kind = FaultKind.EntryWithoutResource },
            new FaultRule { Kind = FaultKind.EntryOfAnotherType }
        );
        var page = await _client.GetJsonAsync(Search);
        Assert.Equal("OperationOutcome", Assert.Single(Resources(page, "outcome")).GetProperty("resourceType").GetString());
        Assert.Equal(3, Resources(page, "include").Count(resource => resource.GetProperty("resourceType").GetString() == "Patient"));
        var matches = Entries(page, "match").ToList();
        Assert.Equal(52, matches.Count);
        Assert.Single(matches, entry => !entry.TryGetProperty("resource", out _));
        Assert.Single(
            matches,
            entry => entry.TryGetProperty("resource", out var resource) && resource.GetProperty("resourceType").GetString() == "Basic"
        );
    }

    [Theory]
    [InlineData(FaultKind.OutcomeAnswer, "OperationOutcome")]
    [InlineData(FaultKind.NotABundle, "Parameters")]
    public async Task Something_else_than_a_bundle_comes_with_200(FaultKind kind, string type)
    {
        _server.Faults.Set(new FaultRule { Kind = kind, Type = "Observation" });
        Assert.Equal(type, (await _client.GetJsonAsync(Search)).GetProperty("resourceType").GetString());
        Assert.Equal("Bundle", (await _client.GetJsonAsync("Patient")).GetProperty("resourceType").GetString());
        Assert.Equal("Observation", (await _client.GetJsonAsync("Observation/obs-1")).GetProperty("resourceType").GetString());
    }

    [Fact]
    public async Task Late_rows_appear_after_a_number_of_searches_with_their_old_stamp()
    {
        var all = (await _client.MatchesAsync(Search)).ToDictionary(Id, resource => resource.GetRawText());
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LateRows,
                Type = "Observation",
                Rate = 0.2,
                AfterSearches = 2,
            }
        );
        var early = await _client.MatchesAsync(Search);
        Assert.InRange(early.Count, 150, 200);
        var hidden = all.Keys.Except(early.Select(Id)).First();
        using var unseen = await _client.GetAsync("Observation/" + hidden);
        Assert.Equal(HttpStatusCode.NotFound, unseen.StatusCode);
        Assert.Equal(early.Select(Id), (await _client.MatchesAsync(Search)).Select(Id));
        Assert.Equal(all, (await _client.MatchesAsync(Search)).ToDictionary(Id, resource => resource.GetRawText()));
    }

    [Fact]
    public async Task Late_rows_appear_after_a_time()
    {
        var time = new ManualTime(DateTimeOffset.UtcNow);
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 10, Time = time });
        using var client = new SandboxClient(server);
        server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LateRows,
                Rate = 0.5,
                Seconds = 60,
            }
        );
        Assert.InRange((await client.MatchesAsync(Search)).Count, 80, 140);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(220, (await client.MatchesAsync(Search)).Count);
    }

    [Fact]
    public async Task The_content_type_and_the_clock_can_be_wrong()
    {
        _server.Faults.Set(
            new FaultRule { Kind = FaultKind.WrongContentType },
            new FaultRule { Kind = FaultKind.ClockSkew, Seconds = -7200 }
        );
        using var response = await _client.GetAsync(Search);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.InRange(DateTimeOffset.UtcNow - response.Headers.Date!.Value, TimeSpan.FromSeconds(7190), TimeSpan.FromSeconds(7210));
        Assert.Equal(
            "Bundle",
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("resourceType").GetString()
        );
    }

    [Fact]
    public async Task A_huge_body_is_sent_without_a_length()
    {
        _server.Faults.Set(new FaultRule { Kind = FaultKind.HugeBody, Bytes = 20_000_000 });
        using var response = await _client.Http.GetAsync(Search, HttpCompletionOption.ResponseHeadersRead);
        Assert.Null(response.Content.Headers.ContentLength);
        var total = 0L;
        var buffer = new byte[1 << 20];
        await using var body = await response.Content.ReadAsStreamAsync();
        for (int read; (read = await body.ReadAsync(buffer)) > 0; )
            total += read;
        Assert.True(total >= 20_000_000);
    }

    [Fact]
    public async Task The_same_seed_hits_the_same_requests_at_about_the_rate()
    {
        async Task<string> RunAsync(ulong seed)
        {
            _server.Faults.Set(
                new FaultRule
                {
                    Kind = FaultKind.Unavailable,
                    Rate = 0.3,
                    Seed = seed,
                    Path = "metadata",
                }
            );
            var pattern = "";
            for (var request = 0; request < 100; request++)
            {
                using var response = await _client.GetAsync("metadata");
                pattern += response.IsSuccessStatusCode ? '.' : 'x';
            }
            return pattern;
        }

        var first = await RunAsync(5);
        Assert.InRange(first.Count(outcome => outcome == 'x'), 15, 45);
        Assert.Equal(first, await RunAsync(5));
        Assert.NotEqual(first, await RunAsync(6));
    }

    [Fact]
    public async Task Every_nth_request_is_hit_and_rules_are_set_listed_and_removed_over_http()
    {
        var set = await _client.ControlAsync(HttpMethod.Put, "sandbox/faults", """[{"kind":"serverError","type":"Patient","every":3}]""");
        Assert.Equal(
            """[{"kind":"serverError","type":"Patient","every":3,"rate":1,"seed":1,"retryAfterAsDate":false}]""",
            set.GetRawText()
        );
        var pattern = new List<HttpStatusCode>();
        for (var request = 0; request < 6; request++)
        {
            using var response = await _client.GetAsync("Patient/pat-1");
            pattern.Add(response.StatusCode);
        }
        Assert.Equal([2, 5], Enumerable.Range(0, 6).Where(index => pattern[index] == HttpStatusCode.InternalServerError));
        var stats = await _client.GetJsonAsync(new Uri(_server.BaseAddress, "sandbox/stats").ToString());
        Assert.Equal(2, stats.GetProperty("faults").GetProperty("serverError").GetInt32());
        using var removed = await _client.Http.DeleteAsync(new Uri(_server.BaseAddress, "sandbox/faults"));
        Assert.Empty(_server.Faults.Rules);
    }

    [Theory]
    [InlineData("""[{"kind":"serverErorr"}]""")]
    [InlineData("""[{"kind":"serverError","evry":3}]""")]
    [InlineData("""[{"kind":"serverError","rate":3}]""")]
    [InlineData("""{"kind":"serverError"}""")]
    [InlineData("oops")]
    public async Task A_rule_that_is_not_understood_is_refused_and_changes_nothing(string rules)
    {
        using var response = await _client.SendAsync(HttpMethod.Put, new Uri(_server.BaseAddress, "sandbox/faults").ToString(), rules);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_server.Faults.Rules);
    }
}
