using System.Security.Cryptography;
using System.Text.Json;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sources;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>A source's credentials, from its settings to a server that checks them.</summary>
[Collection(OnSqlite.Name)]
public sealed class SourceCredentialsTests(SqliteSilo silo) : IngestionSuite(silo)
{
    private static SandboxOptions Data { get; } = new() { Patients = 40, BadShare = 0 };

    [Fact]
    public async Task Basic_credentials_are_sent()
    {
        var source = await BasicAsync(expected: "pass:word", sent: "pass:word");

        Assert.Equal(40, (await Client.RunAsync(source, "Patient")).Counters.Upserted);
    }

    [Fact]
    public async Task Wrong_credentials_fail_the_run_without_telling_them()
    {
        var source = await BasicAsync(expected: "right", sent: "wrong-one");

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("401", run.Error);
        Assert.DoesNotContain("wrong-one", run.Error);
    }

    [Fact]
    public async Task A_client_secret_is_exchanged_for_a_token_that_is_renewed_when_it_is_revoked()
    {
        var (sandbox, source) = await TokenServerAsync(
            new AccessOptions { ClientSecret = "secret" },
            auth => (auth.Kind, auth.ClientSecret) = ("client_credentials", "secret")
        );

        var first = await Client.RunAsync(source, "Patient");
        sandbox.RevokeTokens();
        var second = await Client.RunAsync(source, "Patient", full: true);

        Assert.Equal(40, first.Counters.Upserted);
        Assert.Equal((RunStatus.Success, 40), (second.Status, second.Counters.Unchanged));
    }

    [Theory]
    [InlineData("RSA")]
    [InlineData("EC")]
    public async Task A_signed_assertion_is_exchanged_for_a_token(string kind)
    {
        var (pem, jwk) = Key(kind);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, pem);
            var (_, source) = await TokenServerAsync(
                new AccessOptions { PublicJwk = jwk },
                auth => (auth.Kind, auth.PrivateKeyFile, auth.KeyId) = ("smart_backend", file, "k1")
            );

            Assert.Equal(40, (await Client.RunAsync(source, "Patient")).Counters.Upserted);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_token_endpoint_that_refuses_fails_the_run_without_telling_the_secret()
    {
        var (_, source) = await TokenServerAsync(
            new AccessOptions { ClientSecret = "secret" },
            auth => (auth.Kind, auth.ClientSecret) = ("client_credentials", "not-the-one")
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("the token endpoint answered 401", run.Error);
        Assert.DoesNotContain("not-the-one", run.Error);
    }

    private async Task<string> BasicAsync(string expected, string sent)
    {
        var access = new AccessOptions
        {
            AllowBasic = true,
            ClientId = "user",
            ClientSecret = expected,
        };
        var (_, source) = await SandboxAsync(
            Data with
            {
                Access = access,
            },
            o => (o.Auth.Kind, o.Auth.Username, o.Auth.Password) = ("basic", "user", sent)
        );
        return source;
    }

    /// <summary>A server that gives tokens to the client <c>interop</c>, and a source that asks it for them.</summary>
    private async Task<(SandboxServer Sandbox, string Source)> TokenServerAsync(AccessOptions access, Action<SourceAuthOptions> configure)
    {
        var sandbox = Own(await SandboxServer.StartAsync(Data with { Access = access }));
        var source = NewSourceName();
        Shared.Silo.AddSource(
            source,
            sandbox.FhirBase,
            o =>
            {
                (o.Auth.TokenUrl, o.Auth.ClientId) = (new Uri(sandbox.BaseAddress, "oauth2/token").AbsoluteUri, "interop");
                configure(o.Auth);
            }
        );
        return (sandbox, source);
    }

    private static (string Pem, string Jwk) Key(string kind)
    {
        static string Url(byte[]? bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
        if (kind == "RSA")
        {
            using var rsa = RSA.Create(2048);
            var parts = rsa.ExportParameters(false);
            return (
                rsa.ExportPkcs8PrivateKeyPem(),
                JsonSerializer.Serialize(
                    new
                    {
                        kty = "RSA",
                        n = Url(parts.Modulus),
                        e = Url(parts.Exponent),
                    }
                )
            );
        }

        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var point = ec.ExportParameters(false).Q;
        return (
            ec.ExportPkcs8PrivateKeyPem(),
            JsonSerializer.Serialize(
                new
                {
                    kty = "EC",
                    crv = "P-384",
                    x = Url(point.X),
                    y = Url(point.Y),
                }
            )
        );
    }
}
