using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Access;

/// <summary>SMART Backend Services: sources whose tokens come from an authorization server that verifies signed assertions.</summary>
public sealed class SmartBackendTests : UpstreamTests
{
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("interop-keys");
    private SmartServer _issuer = null!;
    private ScriptedServer _fhir = null!;

    [Fact]
    public async Task Keys_that_are_registered_by_url_or_inline_get_a_token_that_serves_many_requests()
    {
        var keys = await Server.Http.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        Assert.Equal("application/json", keys.Content.Headers.ContentType!.MediaType);
        var set = await keys.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["ES384", "RS384"], set.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("alg").GetString()).Order());
        Assert.DoesNotContain("\"d\":", set.GetRawText(), StringComparison.Ordinal);
        await _issuer.RegisterAsync(
            new
            {
                client_id = "by-url",
                jwks_uri = new Uri(Server.Http.BaseAddress!, "/.well-known/jwks.json").AbsoluteUri,
                token_endpoint_auth_signing_alg = "RS384",
            }
        );
        await _issuer.RegisterAsync(
            new
            {
                client_id = "inline",
                jwks = set,
                token_endpoint_auth_signing_alg = "ES384",
            }
        );

        foreach (var source in (string[])["default", "inline"])
        {
            using var answer = await Server.PostAsync($"/ingest/patients?source={source}", "");
            var run = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(run.TryGetProperty("status", out var status) && status.GetString() == "SUCCESS", run.GetRawText());
            Assert.Equal(3, run.GetProperty("fetched").GetInt32());
        }

        var issued = await _issuer.IssuedAsync();
        Assert.Equal(2, issued.Length);
        var sent = _fhir.Requests.Select(r => r.Headers.Authorization.ToString()).Where(h => h.Length > 0).ToList();
        Assert.True(sent.Count >= 6, "several requests with one token");
        Assert.Equal(issued.Select(t => $"Bearer {t}").Order(), sent.Distinct().Order());
        foreach (var (place, content) in Files().Append(("the log", Server.Log)))
            Assert.All(issued, token => Assert.DoesNotContain(token, content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_not_registered_fails_the_run_with_the_answer_of_the_token_endpoint()
    {
        using var other = RSA.Create(2048);
        await _issuer.RegisterAsync(
            new
            {
                client_id = "by-url",
                jwks = new
                {
                    keys = new[]
                    {
                        new
                        {
                            kty = "RSA",
                            kid = "other",
                            n = Text(other.ExportParameters(false).Modulus!),
                            e = "AQAB",
                        },
                    },
                },
                token_endpoint_auth_signing_alg = "RS384",
            }
        );

        using var answer = await Server.PostAsync("/ingest/patients", "");

        Assert.Contains("the token endpoint answered 401", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _issuer.Dispose();
        await _fhir.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    protected override async Task<(string Name, string Value)[]> SettingsAsync()
    {
        _issuer = await SmartServer.StartAsync();
        _fhir = await ScriptedServer.StartAsync(Answer);
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        return
        [
            ("FHIR_POLLING_ENABLED", "false"),
            .. Source("default", "by-url", rsa.ExportPkcs8PrivateKeyPem()),
            .. Source("inline", "inline", ec.ExportPkcs8PrivateKeyPem()),
        ];
    }

    private (string Name, string Value)[] Source(string name, string client, string pem)
    {
        var file = Path.Combine(_keys.FullName, $"{name}.pem");
        File.WriteAllText(file, pem);
        return
        [
            ($"Sources__{name}__BaseUrl", _fhir.Base.AbsoluteUri),
            ($"Sources__{name}__MaxAttempts", "1"),
            ($"Sources__{name}__Auth__Kind", "smart_backend"),
            ($"Sources__{name}__Auth__TokenUrl", _issuer.TokenUrl),
            ($"Sources__{name}__Auth__ClientId", client),
            ($"Sources__{name}__Auth__Scope", "system/*.read"),
            ($"Sources__{name}__Auth__PrivateKeyFile", file),
        ];
    }

    /// <summary>Three pages of one patient each, for callers with a token.</summary>
    private static ScriptedAnswer Answer(ScriptedRequest request)
    {
        if (request.IsMetadata)
            return ScriptedAnswer.NotFound;
        if (!request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.Ordinal))
            return new ScriptedAnswer(401, "");
        var page = int.TryParse(request.Query["page"], out var number) ? number : 1;
        return ScriptedAnswer.Bundle(
            [$$$"""{"resourceType":"Patient","id":"p{{{page}}}","meta":{"lastUpdated":"2026-01-0{{{page}}}T00:00:00Z"}}"""],
            page < 3 ? $"{request.Base}Patient?page={page + 1}" : null
        );
    }

    private static string Text(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
