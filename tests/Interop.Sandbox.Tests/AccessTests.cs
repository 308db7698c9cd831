using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Interop.Sandbox.Tests;

public sealed class AccessTests
{
    [Fact]
    public async Task A_token_requested_with_the_secret_is_accepted_until_it_expires_or_is_revoked()
    {
        var time = new ManualTime(DateTimeOffset.Parse("2026-03-01T00:00:00Z"));
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 3,
                Time = time,
                Access = new AccessOptions { ClientSecret = "s3cret", TokenLifetime = TimeSpan.FromMinutes(1) },
            }
        );
        using var http = new HttpClient { BaseAddress = server.FhirBase };

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, null));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("metadata")).StatusCode);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await TokenAsync(http, server, ("client_id", "interop"), ("client_secret", "wrong"))).Status
        );

        var (status, token) = await TokenAsync(http, server, ("client_id", "interop"), ("client_secret", "s3cret"));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, new("Bearer", token)));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, new("Bearer", token)));

        (_, token) = await TokenAsync(http, server, ("client_id", "interop"), ("client_secret", "s3cret"));
        server.RevokeTokens();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, new("Bearer", token)));
    }

    [Fact]
    public async Task Basic_credentials_are_accepted_where_they_are_allowed()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 3,
                Access = new AccessOptions { AllowBasic = true, ClientSecret = "s3cret" },
            }
        );
        using var http = new HttpClient { BaseAddress = server.FhirBase };
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, new("Basic", Convert.ToBase64String("interop:s3cret"u8))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, new("Basic", Convert.ToBase64String("interop:guess"u8))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, new("Basic", "???")));
    }

    [Theory]
    [InlineData("RS384")]
    [InlineData("ES384")]
    public async Task A_signed_assertion_gets_one_token(string algorithm)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string jwk;
        if (algorithm == "RS384")
        {
            var key = rsa.ExportParameters(false);
            jwk = JsonSerializer.Serialize(
                new
                {
                    kty = "RSA",
                    n = Base64Url.EncodeToString(key.Modulus),
                    e = Base64Url.EncodeToString(key.Exponent),
                }
            );
        }
        else
        {
            var key = ec.ExportParameters(false);
            jwk = JsonSerializer.Serialize(
                new
                {
                    kty = "EC",
                    crv = "P-384",
                    x = Base64Url.EncodeToString(key.Q.X),
                    y = Base64Url.EncodeToString(key.Q.Y),
                }
            );
        }
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 3,
                Access = new AccessOptions { PublicJwk = jwk },
            }
        );
        using var http = new HttpClient { BaseAddress = server.FhirBase };
        var configuration = JsonDocument.Parse(await http.GetStringAsync(".well-known/smart-configuration")).RootElement;
        var audience = configuration.GetProperty("token_endpoint").GetString()!;

        string Sign(string issuer, string aud, int seconds, string jti)
        {
            var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { alg = algorithm, typ = "JWT" })));
            var claims = Base64Url.EncodeToString(
                Encoding.UTF8.GetBytes(
                    JsonSerializer.Serialize(
                        new
                        {
                            iss = issuer,
                            sub = issuer,
                            aud,
                            exp = DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds(),
                            jti,
                        }
                    )
                )
            );
            var signed = Encoding.ASCII.GetBytes($"{header}.{claims}");
            var signature =
                algorithm == "RS384"
                    ? rsa.SignData(signed, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)
                    : ec.SignData(signed, HashAlgorithmName.SHA384);
            return $"{header}.{claims}.{Base64Url.EncodeToString(signature)}";
        }

        async Task<(HttpStatusCode Status, string Token)> BuyAsync(string assertion) =>
            await TokenAsync(
                http,
                server,
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion),
                ("scope", "system/*.rs")
            );

        var good = Sign("interop", audience, 200, "1");
        var (status, token) = await BuyAsync(good);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, new("Bearer", token)));

        var another = Sign("interop", audience, 200, "2");
        foreach (
            var bad in new[]
            {
                good, // used before
                Sign("someone", audience, 200, "3"),
                Sign("interop", "http://elsewhere/token", 200, "4"),
                Sign("interop", audience, -10, "5"),
                Sign("interop", audience, 3600, "6"),
                another[..^4] + (another.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA"),
                "not.a.jwt",
            }
        )
            Assert.Equal(HttpStatusCode.Unauthorized, (await BuyAsync(bad)).Status);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "Patient") { Headers = { Authorization = authorization } };
        using var response = await http.SendAsync(request);
        Assert.Equal(response.StatusCode == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
        return response.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, string Token)> TokenAsync(
        HttpClient http,
        SandboxServer server,
        params (string, string)[] form
    )
    {
        using var content = new FormUrlEncodedContent(
            form.Append(("grant_type", "client_credentials")).Select(field => KeyValuePair.Create(field.Item1, field.Item2))
        );
        using var response = await http.PostAsync(new Uri(server.BaseAddress, "oauth2/token"), content);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return (response.StatusCode, response.IsSuccessStatusCode ? answer.GetProperty("access_token").GetString()! : "");
    }
}
