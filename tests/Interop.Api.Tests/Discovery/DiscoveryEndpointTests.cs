using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox.Mirth;

namespace Interop.Api.Tests.Discovery;

/// <summary>Patient discovery over HTTP, against the sandbox's Mirth channel.</summary>
public sealed class DiscoveryEndpointTests : UpstreamTests
{
    private const string Search =
        """{"request_id":"req-1","demographics":{"firstName":" Zebulon ","lastName":"Quackenbush","dob":"1980-02-29"}}""";

    [Fact]
    public async Task A_request_is_submitted_once_and_put_on_the_timeline()
    {
        var (status, answer) = await SearchAsync(Search);
        Assert.Equal((HttpStatusCode.OK, "submitted"), (status, answer.GetProperty("status").GetString()));
        var correlationId = answer.GetProperty("correlation_id").GetString();
        var sent = JsonDocument.Parse(Assert.Single(Sandbox.Mirth.Received)).RootElement;
        Assert.Equal(
            ("req-1", correlationId, "Zebulon"),
            (
                sent.GetProperty("request_id").GetString(),
                sent.GetProperty("correlation_id").GetString(),
                sent.GetProperty("demographics").GetProperty("firstName").GetString()
            )
        );

        var again = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SearchAsync(Search)));
        Assert.All(again, a => Assert.Equal(answer.GetRawText(), a.Body.GetRawText()));
        Assert.Single(Sandbox.Mirth.Received);

        var timeline = await Server.GetAsync("/api/timeline?firstName=ZEBULON&lastName=quackenbush&dob=1980-02-29");
        var happened = Assert.Single(timeline.GetProperty("events").EnumerateArray());
        Assert.Equal(
            ("PD_SEARCH_REQUEST", "submitted", correlationId),
            (
                happened.GetProperty("type").GetString(),
                happened.GetProperty("status").GetString(),
                happened.GetProperty("details").GetProperty("correlation_id").GetString()
            )
        );
        Assert.Equal(
            1,
            (await Server.GetAsync($"/api/telemetry/events?eventType=PD_SEARCH_REQUEST&correlationId={correlationId}")).GetArrayLength()
        );
    }

    [Theory]
    [InlineData(XcpdCase.OneMatch, "match", 1)]
    [InlineData(XcpdCase.TwoMatches, "matches", 2)]
    [InlineData(XcpdCase.MoreDemographics, "more_demographics", 0)]
    [InlineData(XcpdCase.NoMatch, "no_match", 0)]
    [InlineData(XcpdCase.Error, "error", 0)]
    public async Task Each_case_of_an_XCPD_answer_is_reported(XcpdCase answered, string outcome, int count)
    {
        Sandbox.Mirth.Case = answered;
        var (status, answer) = await SearchAsync(Search, "?format=xcpd");
        Assert.Equal(
            (HttpStatusCode.OK, outcome, count),
            (status, answer.GetProperty("outcome").GetString(), answer.GetProperty("result_count").GetInt32())
        );
        Assert.Equal(answered == XcpdCase.MoreDemographics, answer.TryGetProperty("wanted_demographics", out _));
        Assert.Equal(count, answer.TryGetProperty("matches", out var matches) ? matches.GetArrayLength() : 0);
        var sent = Assert.Single(Sandbox.Mirth.Received);
        Assert.Contains("PRPA_IN201305UV02", sent, StringComparison.Ordinal);
        Assert.Contains("<livingSubjectBirthTime><value value=\"19800229\" />", sent, StringComparison.Ordinal);
        var told = Assert.Single((await Server.GetAsync("/api/telemetry/events")).EnumerateArray());
        Assert.Equal(count, told.GetProperty("resultCount").GetInt32());
    }

    [Fact]
    public async Task Failures_have_the_messages_of_the_contract()
    {
        await AssertAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "{");
        await AssertAsync(
            HttpStatusCode.UnprocessableEntity,
            "Invalid request",
            Search.Replace("1980-02-29", "2999-01-01", StringComparison.Ordinal)
        );
        await AssertAsync(
            HttpStatusCode.UnprocessableEntity,
            "Invalid request",
            Search.Replace("Quackenbush", "  ", StringComparison.Ordinal)
        );
        await AssertAsync(
            HttpStatusCode.UnprocessableEntity,
            "Invalid request",
            Search.Replace("1980-02-29", "29.02.1980", StringComparison.Ordinal)
        );
        Sandbox.Mirth.Status = 500;
        await AssertAsync(HttpStatusCode.BadGateway, "Mirth answered 500", Search);
        Sandbox.Mirth.Delay = TimeSpan.FromSeconds(6);
        await AssertAsync(HttpStatusCode.GatewayTimeout, "Mirth did not answer in time", Search);
        (Sandbox.Mirth.Delay, Sandbox.Mirth.Status) = (TimeSpan.Zero, 200);
        Assert.Equal(HttpStatusCode.OK, (await SearchAsync(Search)).Status); // a failed request may be sent again

        async Task AssertAsync(HttpStatusCode expected, string message, string body)
        {
            var (status, answer) = await SearchAsync(body);
            Assert.Equal((expected, message), (status, answer.GetProperty("message").GetString()));
        }
    }

    [Fact]
    public async Task A_request_id_of_another_patient_is_409_and_nothing_is_sent()
    {
        Assert.Equal(HttpStatusCode.OK, (await SearchAsync(Search)).Status);
        var (status, answer) = await SearchAsync(Search.Replace("Quackenbush", "Other", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("another patient", answer.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(answer.TryGetProperty("correlation_id", out _));
        Assert.Single(Sandbox.Mirth.Received);
        Assert.Empty(
            (await Server.GetAsync("/api/timeline?firstName=Zebulon&lastName=Other&dob=1980-02-29")).GetProperty("events").EnumerateArray()
        );
    }

    [Fact]
    public async Task An_invalid_search_lists_every_error()
    {
        var (_, body) = await SearchAsync(
            """{"request_id":"","demographics":{"firstName":" ","lastName":"L","dob":"2999-01-01"}}""",
            "?format=fax&tenant=a/b"
        );
        Assert.Equal(
            ["tenant", "format", "request_id", "demographics.firstName", "demographics.dob"],
            body.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()!)
        );
        using var timeline = await Server.Http.GetAsync("/api/timeline?firstName=A");
        var errors = JsonDocument.Parse(await timeline.Content.ReadAsStringAsync()).RootElement.GetProperty("errors");
        Assert.Equal(["lastName", "dob"], errors.EnumerateArray().Select(e => e.GetProperty("field").GetString()!));
    }

    [Fact]
    public async Task A_token_that_no_header_can_carry_is_a_refusal_of_OpenEMR()
    {
        Sandbox.OpenEmr.AccessTokenSuffix = "\r\nX-Injected: 1";
        var (status, answer) = await SearchAsync(Search);
        Assert.Equal(HttpStatusCode.BadGateway, status);
        Assert.Contains("cannot be used", answer.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(Sandbox.Mirth.Received);
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> SearchAsync(string body, string query = "") =>
        PostAsync("/api/pd/search" + query, body);
}
