using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Telemetry;
using Interop.Sandbox;

namespace Interop.Api.Tests.Tokens;

/// <summary>Tokens over HTTP, against the sandbox's OpenEMR.</summary>
public sealed class TokenEndpointTests : IAsyncLifetime
{
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
            ("OPENEMR_USERNAME", _sandbox.OpenEmr.Username),
            ("OPENEMR_PASSWORD", _sandbox.OpenEmr.Password),
            ("OPENEMR_SCOPE", "openid offline_access"),
            ("Tenants__default__Timeout", "00:00:03"));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _sandbox.DisposeAsync();
        _folder.Delete();
    }

    [Fact]
    public async Task A_token_is_fetched_told_of_and_refreshed_with_its_refresh_token()
    {
        Assert.Equal("""{"token_present":false,"expires_in_seconds":0,"expires_soon":true}""", (await _server.GetAsync("/api/tokens/status")).GetRawText());

        var (status, refreshed) = await PostAsync("/api/tokens/refresh", "");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(refreshed.GetProperty("token_present").GetBoolean());
        Assert.InRange(refreshed.GetProperty("expires_in_seconds").GetInt64(), 3500, 3600);
        Assert.Equal("openid offline_access", refreshed.GetProperty("scope").GetString());
        Assert.False((await _server.GetAsync("/api/tokens/status")).GetProperty("expires_soon").GetBoolean());

        await PostAsync("/api/tokens/refresh", "");
        Assert.Equal((1, 1), (_sandbox.OpenEmr.PasswordGrants, _sandbox.OpenEmr.RefreshGrants));

        _sandbox.OpenEmr.RevokeRefreshTokens(); // then the password serves
        await PostAsync("/api/tokens/refresh", "");
        Assert.Equal((2, 1), (_sandbox.OpenEmr.PasswordGrants, _sandbox.OpenEmr.RefreshGrants));
    }

    [Fact]
    public async Task A_thousand_callers_at_once_make_one_request()
    {
        _sandbox.OpenEmr.Delay = TimeSpan.FromSeconds(1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => PostAsync("/api/tokens/refresh", "")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.InRange(_sandbox.OpenEmr.Requests, 1, 3); // who comes after the answer asks for a newer one
    }

    [Fact]
    public async Task A_short_lived_token_is_renewed_before_it_ends_and_a_failed_renewal_keeps_it()
    {
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(5);
        await PostAsync("/api/tokens/refresh", "");
        for (var tries = 0; _sandbox.OpenEmr.Requests < 2 && tries < 200; tries++)
            await Task.Delay(50);
        Assert.InRange(_sandbox.OpenEmr.Requests, 2, 3);
        Assert.True((await _server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());

        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromHours(1);
        await PostAsync("/api/tokens/refresh", "");
        _sandbox.OpenEmr.RevokeRefreshTokens();
        _sandbox.OpenEmr.Password = "changed";
        Assert.Equal(HttpStatusCode.BadGateway, (await PostAsync("/api/tokens/refresh", "")).Status);
        Assert.True((await _server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    public async Task A_lifetime_of_nothing_is_no_token_to_keep_and_no_endless_renewal(int seconds)
    {
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(seconds);
        Assert.Equal(0, (await PostAsync("/api/tokens/refresh", "")).Body.GetProperty("expires_in_seconds").GetInt64());
        Assert.False((await _server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(1, _sandbox.OpenEmr.Requests);
    }

    [Fact]
    public async Task Errors_are_told_in_the_words_of_the_contract()
    {
        var manual = new { client_id = _sandbox.OpenEmr.ClientId, client_secret = _sandbox.OpenEmr.ClientSecret, username = "admin", password = "wrong-password" };
        await AssertMessageAsync(HttpStatusCode.BadGateway, "OpenEMR refused the token request: invalid_grant", "/api/tokens/manual", JsonSerializer.Serialize(manual));
        await AssertMessageAsync(
            HttpStatusCode.InternalServerError, "OpenEMR is not configured: Tenants:other:TokenUrl is missing", "/api/tokens/refresh?tenant=other", "");
        string[] bad =
        [
            "", "{", "[]", "7", """{"client_id":"a"}""", """{"client_id":7}""", """{"client_id":"","client_secret":"b","username":"c","password":"d"}""",
            new string('[', 10_000), "\"" + new string('x', 1_000_000) + "\"",
        ];
        foreach (var body in bad)
            await AssertMessageAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "/api/tokens/manual", body);
        await AssertMessageAsync(HttpStatusCode.UnprocessableEntity, "Invalid request", "/api/tokens/refresh?tenant=a/b", "");

        _sandbox.OpenEmr.Delay = TimeSpan.FromSeconds(8);
        await AssertMessageAsync(HttpStatusCode.GatewayTimeout, "OpenEMR did not answer in time", "/api/tokens/refresh", "");
        await _sandbox.DisposeAsync();
        await AssertMessageAsync(HttpStatusCode.BadGateway, "OpenEMR could not be reached (ConnectionError)", "/api/tokens/refresh", "");
    }

    [Fact]
    public async Task Manual_credentials_serve_once()
    {
        var manual = new { client_id = _sandbox.OpenEmr.ClientId, client_secret = _sandbox.OpenEmr.ClientSecret, username = "admin", password = _sandbox.OpenEmr.Password, scope = "openid" };
        var (status, body) = await PostAsync("/api/tokens/manual", JsonSerializer.Serialize(manual));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["expires_in_seconds", "scope", "token_present"], body.EnumerateObject().Select(m => m.Name).Order());
        Assert.True((await _server.GetAsync("/api/tokens/status")).GetProperty("token_present").GetBoolean());
    }

    private async Task AssertMessageAsync(HttpStatusCode expected, string message, string path, string body)
    {
        var (status, answer) = await PostAsync(path, body);
        Assert.Equal((expected, message), (status, answer.GetProperty("message").GetString()));
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string body)
    {
        using var answer = await _server.PostAsync(path, body);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}
