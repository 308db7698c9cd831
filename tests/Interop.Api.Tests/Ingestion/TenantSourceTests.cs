using System.Net.Http.Json;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;

namespace Interop.Api.Tests.Ingestion;

/// <summary>A FHIR server that takes the tokens of an OpenEMR tenant.</summary>
public sealed class TenantSourceTests : UpstreamTests
{
    protected override SandboxOptions Options =>
        new()
        {
            Patients = 40,
            Access = new AccessOptions { AllowOpenEmr = true },
        };

    [Fact]
    public async Task A_run_sends_the_tenants_token_and_continues_with_a_new_one_when_it_expires()
    {
        Sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(5);
        // Longer than two token lifetimes.
        Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Patient",
                Seconds = 3,
                Times = 4,
            }
        );
        var run = await IngestAsync("/ingest/patients");

        Assert.Equal(("SUCCESS", 40), (run.GetProperty("status").GetString(), run.GetProperty("fetched").GetInt32()));
        Assert.InRange(Sandbox.OpenEmr.Requests, 3, 12);
        AssertNoTokenIsAnywhere();
    }

    [Fact]
    public async Task A_token_that_the_server_refuses_before_it_expires_is_replaced_at_once()
    {
        await PostAsync("/api/tokens/refresh", "");
        Sandbox.OpenEmr.RevokeAccessTokens();
        var run = await IngestAsync("/ingest/patients");

        Assert.Equal(("SUCCESS", 40), (run.GetProperty("status").GetString(), run.GetProperty("fetched").GetInt32()));
        Assert.Equal(2, Sandbox.OpenEmr.Requests);
        AssertNoTokenIsAnywhere();
    }

    [Fact]
    public async Task Without_a_token_the_run_fails_and_says_why()
    {
        Sandbox.OpenEmr.Password = "changed";
        using var answer = await Server.PostAsync("/ingest/patients", "");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(System.Net.HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("OpenEMR refused the token request: invalid_grant", text, StringComparison.Ordinal);
        AssertNoTokenIsAnywhere();
    }

    protected override Task<(string Name, string Value)[]> SettingsAsync() =>
        Task.FromResult<(string, string)[]>([
            ("FHIR_BASE_URL", Sandbox.FhirBase.AbsoluteUri),
            ("FHIR_PAGE_SIZE", "10"),
            ("FHIR_POLLING_ENABLED", "false"), // polling would ask for tokens, too
            ("Sources__default__Auth__Kind", "tenant"),
            ("Sources__default__Auth__Tenant", "default"),
            ("Sources__default__BaseDelay", "00:00:00.01"),
        ]);

    private async Task<JsonElement> IngestAsync(string path)
    {
        using var answer = await Server.PostAsync(path, "");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private void AssertNoTokenIsAnywhere()
    {
        string[] secrets = [.. Sandbox.OpenEmr.IssuedSecrets, Sandbox.OpenEmr.ClientSecret, "openemr-password"];
        foreach (var (place, content) in Files().Append(("the log", Server.Log)))
            Assert.All(secrets, secret => Assert.False(content.Contains(secret, StringComparison.Ordinal), $"a secret is in {place}"));
    }
}
