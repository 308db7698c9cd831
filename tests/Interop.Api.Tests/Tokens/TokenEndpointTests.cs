using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Tokens;

/// <summary>Tokens over HTTP, against the sandbox's OpenEMR.</summary>
public sealed class TokenEndpointTests : UpstreamTests
{
    [Fact]
    public async Task A_token_is_requested_reported_and_refreshed_with_its_refresh_token()
    {
        Assert.Equal(
            """{"token_present":false,"expires_in_seconds":0,"expires_soon":true}""",
            (await Server.GetAsync("/api/tokens/status")).GetRawText()
        );

        var (status, refreshed) = await PostAsync("/api/tokens/refresh", "");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(refreshed.GetProperty("token_present").GetBoolean());
        Assert.InRange(refreshed.GetProperty("expires_in_seconds").GetInt64(), 3500, 3600);
        Assert.Equal("openid offline_access", refreshed.GetProperty("scope").GetString());
        Assert.False((await Server.GetAsync("/api/tokens/status")).GetProperty("expires_soon").GetBoolean());

        await PostAsync("/api/tokens/refresh", "");
        Assert.Equal((1, 1), (Sandbox.OpenEmr.PasswordGrants, Sandbox.OpenEmr.RefreshGrants));

        Sandbox.OpenEmr.RevokeRefreshTokens(); // then the password is used
        await PostAsync("/api/tokens/refresh", "");
        Assert.Equal((2, 1), (Sandbox.OpenEmr.PasswordGrants, Sandbox.OpenEmr.RefreshGrants));
    }

    [Fact]
    public async Task A_thousand_callers_at_once_make_one_request()
    {
        Sandbox.OpenEmr.Delay = TimeSpan.FromSeconds(1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => PostAsync("/api/tokens/refresh", "")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.InRange(Sandbox.OpenEmr.Requests, 1, 3); // a call after the answer requests a newer one
    }

    [Fact]
    public async Task A_short_lived_token_is_renewed_before_it_expires_and_a_failed_renewal_keeps_it()
    {
        Sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(5);
        await PostAsync("/api/tokens/refresh", "");
        await Eventually.Is(() => Task.FromResult(Sandbox.OpenEmr.Requests >= 2), "the token is renewed");
        Assert.True((await Server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());

        Sandbox.OpenEmr.TokenLifetime = TimeSpan.FromHours(1);
        await PostAsync("/api/tokens/refresh", "");
        Sandbox.OpenEmr.RevokeRefreshTokens();
        Sandbox.OpenEmr.Password = "changed";
        Assert.Equal(HttpStatusCode.BadGateway, (await PostAsync("/api/tokens/refresh", "")).Status);
        Assert.True((await Server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
    }

    [Fact]
    public async Task A_token_that_has_expired_on_arrival_is_not_kept()
    {
        Sandbox.OpenEmr.TokenLifetime = TimeSpan.Zero;
        Assert.Equal(0, (await PostAsync("/api/tokens/refresh", "")).Body.GetProperty("expires_in_seconds").GetInt64());
        Assert.False((await Server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
    }

    [Fact]
    public async Task An_invalid_request_lists_its_errors_and_repeats_no_value()
    {
        var (status, body) = await PostAsync(
            "/api/tokens/manual?tenant=a/b",
            """{"client_id":"","client_secret":"hush","username":null,"password":"hush"}"""
        );
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(
            ["tenant", "client_id", "username"],
            body.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()!)
        );
        Assert.DoesNotContain("hush", body.GetRawText(), StringComparison.Ordinal);

        (_, body) = await PostAsync("/api/tokens/manual", """{"client_id":"a","password":7}""");
        Assert.Equal("password", Assert.Single(body.GetProperty("errors").EnumerateArray()).GetProperty("field").GetString());
    }

    [Fact]
    public async Task Errors_have_the_messages_of_the_contract()
    {
        var manual = new
        {
            client_id = Sandbox.OpenEmr.ClientId,
            client_secret = Sandbox.OpenEmr.ClientSecret,
            username = "admin",
            password = "wrong-password",
        };
        await AssertMessageAsync(
            HttpStatusCode.BadGateway,
            "OpenEMR refused the token request: invalid_grant",
            "/api/tokens/manual",
            JsonSerializer.Serialize(manual)
        );
        await AssertMessageAsync(
            HttpStatusCode.InternalServerError,
            "OpenEMR is not configured: Tenants:other:TokenUrl is missing",
            "/api/tokens/refresh?tenant=other",
            ""
        );
        string[] bad =
        [
            "",
            "{",
            "[]",
            "7",
            """{"client_id":"a"}""",
            """{"client_id":7}""",
            """{"client_id":"","client_secret":"b","username":"c","password":"d"}""",
            new string('[', 10_000),
            "\"" + new string('x', 1_000_000) + "\"",
        ];
        foreach (var body in bad)
            await AssertMessageAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "/api/tokens/manual", body);
        await AssertMessageAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "/api/tokens/refresh?tenant=a/b", "");

        Sandbox.OpenEmr.Delay = TimeSpan.FromSeconds(8);
        await AssertMessageAsync(HttpStatusCode.GatewayTimeout, "OpenEMR did not answer in time", "/api/tokens/refresh", "");
        await Sandbox.DisposeAsync();
        await AssertMessageAsync(HttpStatusCode.BadGateway, "OpenEMR could not be reached (ConnectionError)", "/api/tokens/refresh", "");
    }

    [Fact]
    public async Task Manual_credentials_are_used_once()
    {
        var manual = new
        {
            client_id = Sandbox.OpenEmr.ClientId,
            client_secret = Sandbox.OpenEmr.ClientSecret,
            username = "admin",
            password = Sandbox.OpenEmr.Password,
            scope = "openid",
        };
        var (status, body) = await PostAsync("/api/tokens/manual", JsonSerializer.Serialize(manual));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["expires_in_seconds", "scope", "token_present"], body.EnumerateObject().Select(m => m.Name).Order());
        Assert.True((await Server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
    }

    private async Task AssertMessageAsync(HttpStatusCode expected, string message, string path, string body)
    {
        var (status, answer) = await PostAsync(path, body);
        Assert.Equal((expected, message), (status, answer.GetProperty("message").GetString()));
    }
}
