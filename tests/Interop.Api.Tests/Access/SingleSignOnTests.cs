using System.Net;
using Interop.Access;

namespace Interop.Api.Tests.Access;

/// <summary>Tokens of an OpenID Connect issuer.</summary>
public sealed class SingleSignOnTests : IAsyncLifetime
{
    private OidcIssuer _issuer = null!;
    private AccessServer _server = null!;

    public async Task InitializeAsync()
    {
        _issuer = await OidcIssuer.StartAsync();
        _server = await AccessServer.StartAsync(
            ("OIDC_ISSUER", _issuer.Url),
            ("OIDC_AUDIENCE", "interop-api"),
            ("Oidc:AdminRole", "interop-admins")
        );
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _issuer.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_issuer_gets_the_role_of_its_claim()
    {
        foreach (var alg in new[] { "RS256", "ES256" })
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(Claims(("alg", alg), ("roles", new[] { "staff", "viewer" }))));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(Claims(("alg", alg), ("roles", "viewer")), HttpMethod.Delete));
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(Claims(("alg", alg), ("roles", "interop-admins")), HttpMethod.Delete));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(Claims(("alg", alg), ("roles", "admin"))));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(Claims(("alg", alg))));
        }
    }

    [Fact]
    public async Task A_token_for_another_audience_or_with_another_algorithm_or_an_expired_one_is_refused()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Claims(("aud", "another"), ("roles", "viewer"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Claims(("alg", "RS512"), ("roles", "viewer"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Claims(("roles", "viewer"), ("expires", -600))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Claims(("roles", "viewer"), ("iss", "http://another"))));
    }

    [Fact]
    public async Task Users_of_this_server_log_in_beside_the_issuer() =>
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(await _server.TokenAsync(AccessRole.Viewer)));

    /// <summary>Claims that are accepted, but for the changes.</summary>
    private static Dictionary<string, object> Claims(params (string Name, object Value)[] changes)
    {
        var claims = new Dictionary<string, object>
        {
            ["alg"] = "RS256",
            ["sub"] = "ada",
            ["aud"] = "interop-api",
        };
        foreach (var (name, value) in changes)
            claims[name] = value;
        return claims;
    }

    private async Task<HttpStatusCode> StatusAsync(object claims, HttpMethod? method = null)
    {
        var token = await _issuer.MintAsync(claims);
        return method is null
            ? await _server.StatusAsync(token)
            : await _server.StatusAsync(method, "/checkpoints/default/Patient", ("Authorization", $"Bearer {token}"));
    }
}
