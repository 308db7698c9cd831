using Interop.Sandbox;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.TestingHost;

namespace Interop.Tokens.Tests;

/// <summary>The grain against the sandbox's OpenEMR.</summary>
public sealed class TokenGrainTests : IAsyncLifetime
{
    private SandboxServer _sandbox = null!;
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        var tenant = new TenantOptions
        {
            TokenUrl = new Uri(_sandbox.BaseAddress, "oauth2/default/token").AbsoluteUri,
            ClientId = _sandbox.OpenEmr.ClientId,
            ClientSecret = _sandbox.OpenEmr.ClientSecret,
            Username = _sandbox.OpenEmr.Username,
            Password = _sandbox.OpenEmr.Password,
        };
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.TryAddSingleton(TimeProvider.System);
            silo.Services.AddTokens(new Dictionary<string, TenantOptions> { ["default"] = tenant });
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_thousand_callers_on_an_expired_token_make_one_request()
    {
        var grain = _cluster.Client.GetGrain<ITokenGrain>("default");
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.Zero;
        await grain.GetToken();
        Assert.Equal(1, _sandbox.OpenEmr.Requests);

        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromHours(1);
        _sandbox.OpenEmr.Delay = TimeSpan.FromMilliseconds(300);
        var grants = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => grain.GetToken()));
        Assert.Equal(2, _sandbox.OpenEmr.Requests);
        Assert.Single(grants.Select(g => g.Token!.Value).Distinct());
    }

    [Fact]
    public async Task A_thousand_callers_share_a_refusal()
    {
        var grain = _cluster.Client.GetGrain<ITokenGrain>("default");
        _sandbox.OpenEmr.Password = "changed";
        _sandbox.OpenEmr.Delay = TimeSpan.FromMilliseconds(300);
        var grants = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => grain.GetToken()));
        Assert.All(grants, g => Assert.Equal(TokenOutcome.Refused, g.Outcome));
        Assert.Equal(1, _sandbox.OpenEmr.Requests);
    }

    [Fact]
    public async Task A_token_that_a_server_refused_is_fetched_anew_once()
    {
        var grain = _cluster.Client.GetGrain<ITokenGrain>("default");
        var first = (await grain.GetToken()).Token!;
        await grain.Invalidate(first);
        var second = (await grain.GetToken()).Token!;
        await grain.Invalidate(first); // who comes late with the old one does no harm
        Assert.Equal(second, (await grain.GetToken()).Token);
        Assert.Equal(2, _sandbox.OpenEmr.Requests);
    }

    [Fact]
    public void Secrets_say_nothing_about_themselves()
    {
        Assert.DoesNotContain("hush", new AccessToken("hush").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", new TokenGrant(TokenOutcome.Granted, new AccessToken("hush"), null).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", new ManualCredentials("c", "hush", "u", "hush", null).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", new TenantOptions { Password = "hush", ClientSecret = "hush" }.ToString(), StringComparison.Ordinal);
    }
}
