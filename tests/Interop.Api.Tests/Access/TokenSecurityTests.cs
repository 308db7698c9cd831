using System.Net;
using System.Security.Cryptography;
using System.Text;
using Interop.Access;
using Interop.TestServers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Interop.Api.Tests.Access;

/// <summary>Tokens that must not be accepted, and sessions that must end.</summary>
public sealed class TokenSecurityTests : IAsyncLifetime
{
    private AccessServer _server = null!;

    public async Task InitializeAsync() => _server = await AccessServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_forged_token_is_refused_whatever_is_wrong_with_it()
    {
        var good = await _server.TokenAsync(AccessRole.Admin);
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(good));
        var claims = new JsonWebTokenHandler().ReadJsonWebToken(good);
        var forged = new Dictionary<string, string>
        {
            ["alg none"] = $"{Part("""{"alg":"none","typ":"JWT"}""")}.{good.Split('.')[1]}.",
            ["alg None with the signature"] = $"{Part("""{"alg":"None","typ":"JWT"}""")}.{good.Split('.')[1]}.{good.Split('.')[2]}",
            ["another algorithm"] = Issue(claims, SecurityAlgorithms.HmacSha384, AccessServer.SigningKey),
            ["a foreign key"] = Issue(claims, SecurityAlgorithms.HmacSha256, "another signing key with 32 bytes or more"),
            ["expired"] = Issue(claims, expires: DateTime.UtcNow.AddSeconds(-1), notBefore: DateTime.UtcNow.AddDays(-1)),
            ["not yet valid"] = Issue(claims, notBefore: DateTime.UtcNow.AddMinutes(5)),
            ["another issuer"] = Issue(claims, issuer: "someone-else"),
            ["another audience"] = Issue(claims, audience: "someone-else"),
            ["an unknown user"] = Issue(claims, subject: "nobody"),
            ["another stamp"] = Issue(claims, stamp: "0"),
            ["five parts"] = Encrypted(claims),
            ["four parts"] = good + ".x",
            ["a changed signature"] = good[..^4] + (good.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA"),
            ["no token"] = "x",
            ["a long text"] = new string('a', 20_000) + ".b.c",
        };
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(Issue(claims)));
        foreach (var (name, token) in forged)
            Assert.True(await _server.StatusAsync(token) == HttpStatusCode.Unauthorized, name);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("role")]
    [InlineData("disable")]
    public async Task A_change_of_the_user_ends_the_session(string change)
    {
        var token = await _server.TokenAsync(AccessRole.Operator);
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(token));
        await (
            change switch
            {
                "password" => _server.Users.SetPasswordAsync("operator", "another long password", default),
                "role" => _server.Users.SetRoleAsync("operator", AccessRole.Viewer, default),
                _ => _server.Users.SetDisabledAsync("operator", true, default),
            }
        );
        await Eventually.Is(async () => await _server.StatusAsync(token) == HttpStatusCode.Unauthorized, "the session has ended");
        using var login = await _server.LoginAsync("operator", AccessServer.Password);
        Assert.Equal(change == "role" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, login.StatusCode);
    }

    [Fact]
    public async Task The_previous_key_stays_valid_while_a_key_is_rotated()
    {
        var old = Issue(
            new JsonWebTokenHandler().ReadJsonWebToken(await _server.TokenAsync(AccessRole.Viewer)),
            key: "the key before it, with 32 bytes or more"
        );
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(old));
        await using var rotating = await AccessServer.StartAsync(("JWT_SECRET_KEY_PREVIOUS", "the key before it, with 32 bytes or more"));
        var claims = new JsonWebTokenHandler().ReadJsonWebToken(await rotating.TokenAsync(AccessRole.Viewer));
        Assert.Equal(HttpStatusCode.OK, await rotating.StatusAsync(Issue(claims, key: "the key before it, with 32 bytes or more")));
    }

    [Fact]
    public async Task The_session_cookie_is_for_pages_of_this_server_only()
    {
        using var login = await _server.LoginAsync("admin", AccessServer.Password);
        var header = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", header, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", header, StringComparison.OrdinalIgnoreCase);
        var cookie = ("Cookie", header.Split(';')[0]);
        var own = _server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(HttpMethod.Get, "/runs", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(HttpMethod.Post, "/ingest/patients", cookie));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await _server.StatusAsync(HttpMethod.Post, "/ingest/patients", cookie, ("Origin", "https://evil.example"))
        );
        Assert.Equal(HttpStatusCode.NotFound, await _server.StatusAsync(HttpMethod.Post, "/ingest/patients", cookie, ("Origin", own)));
    }

    [Fact]
    public async Task An_API_key_counts_in_its_header_only()
    {
        var key = await _server.Users.AddApiKeyAsync("mirth", AccessRole.Operator, default);
        Assert.StartsWith("mirth.", key, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(HttpMethod.Get, "/runs", ("X-Api-Key", key)));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await _server.StatusAsync(HttpMethod.Delete, "/checkpoints/default/Patient", ("X-Api-Key", key))
        );
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(HttpMethod.Get, "/runs", ("X-Api-Key", key[..^1])));
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(HttpMethod.Get, "/runs", ("X-Api-Key", "mirth.")));
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(HttpMethod.Get, $"/runs?api_key={key}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await _server.StatusAsync(HttpMethod.Get, $"/runs?X-Api-Key={key}"));
        Assert.DoesNotContain(await _server.Users.ListApiKeysAsync(default), row => key.Contains(row.KeyHash, StringComparison.Ordinal));
    }

    private static string Issue(
        JsonWebToken like,
        string algorithm = SecurityAlgorithms.HmacSha256,
        string key = AccessServer.SigningKey,
        DateTime? expires = null,
        DateTime? notBefore = null,
        string issuer = "interop",
        string audience = "interop",
        string? subject = null,
        string? stamp = null
    ) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                NotBefore = notBefore ?? DateTime.UtcNow.AddSeconds(-1),
                Expires = expires ?? DateTime.UtcNow.AddHours(1),
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = subject ?? like.Subject,
                    ["stamp"] = stamp ?? like.GetClaim("stamp").Value,
                },
                SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)), algorithm),
            }
        );

    private static string Encrypted(JsonWebToken like)
    {
        var key = new SymmetricSecurityKey(SHA256.HashData(Encoding.UTF8.GetBytes(AccessServer.SigningKey)));
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "interop",
                Audience = "interop",
                Expires = DateTime.UtcNow.AddHours(1),
                Claims = new Dictionary<string, object> { ["sub"] = like.Subject, ["stamp"] = like.GetClaim("stamp").Value },
                EncryptingCredentials = new EncryptingCredentials(key, SecurityAlgorithms.Aes256KW, SecurityAlgorithms.Aes128CbcHmacSha256),
            }
        );
    }

    private static string Part(string json) => Base64UrlEncoder.Encode(json);
}
