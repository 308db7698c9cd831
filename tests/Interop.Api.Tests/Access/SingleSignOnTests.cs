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
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_token_of_the_issuer_gets_the_role_of_its_claim()
    {
        foreach (var alg in new[] { "RS256", "ES256" })
        {
            Assert.Equal(
                HttpStatusCode.OK,
                await StatusAsync(
                    new
                    {
                        alg,
                        sub = "ada",
                        aud = "interop-api",
                        roles = new[] { "staff", "viewer" },
                    }
                )
            );
            Assert.Equal(
                HttpStatusCode.Forbidden,
                await StatusAsync(
                    new
                    {
                        alg,
                        sub = "ada",
                        aud = "interop-api",
                        roles = "viewer",
                    },
                    HttpMethod.Delete
                )
            );
            Assert.Equal(
                HttpStatusCode.NotFound,
                await StatusAsync(
                    new
                    {
                        alg,
                        sub = "ada",
                        aud = "interop-api",
                        roles = "interop-admins",
                    },
                    HttpMethod.Delete
                )
            );
            Assert.Equal(
                HttpStatusCode.Forbidden,
                await StatusAsync(
                    new
                    {
                        alg,
                        sub = "ada",
                        aud = "interop-api",
                        roles = "admin",
                    }
                )
            );
            Assert.Equal(
                HttpStatusCode.Forbidden,
                await StatusAsync(
                    new
                    {
                        alg,
                        sub = "ada",
                        aud = "interop-api",
                    }
                )
            );
        }
    }

    [Fact]
    public async Task A_token_for_another_audience_or_with_another_algorithm_or_an_expired_one_is_refused()
    {
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await StatusAsync(
                new
                {
                    alg = "RS256",
                    sub = "ada",
                    aud = "another",
                    roles = "viewer",
                }
            )
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await StatusAsync(
                new
                {
                    alg = "RS512",
                    sub = "ada",
                    aud = "interop-api",
                    roles = "viewer",
                }
            )
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await StatusAsync(
                new
                {
                    alg = "RS256",
                    sub = "ada",
                    aud = "interop-api",
                    roles = "viewer",
                    expires = -600,
                }
            )
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await StatusAsync(
                new
                {
                    alg = "RS256",
                    sub = "ada",
                    aud = "interop-api",
                    roles = "viewer",
                    iss = "http://another",
                }
            )
        );
    }

    [Fact]
    public async Task Users_of_this_server_log_in_beside_the_issuer() =>
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(await _server.TokenAsync(AccessRole.Viewer)));

    private async Task<HttpStatusCode> StatusAsync(object claims, HttpMethod? method = null)
    {
        var token = await _issuer.MintAsync(claims);
        return method is null
            ? await _server.StatusAsync(token)
            : await _server.StatusAsync(method, "/checkpoints/default/Patient", ("Authorization", $"Bearer {token}"));
    }
}
