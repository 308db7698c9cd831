using Interop.Grains.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.TestingHost;

namespace Interop.Tokens.Tests;

/// <summary>The grain against the sandbox's OpenEMR.</summary>
public sealed class TokenGrainTests : IAsyncLifetime
{
    private SandboxServer _sandbox = null!;
    private SandboxServer _second = null!;
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        _second = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        _cluster = await TestClusters.StartAsync(silo =>
        {
            silo.Services.TryAddSingleton(TimeProvider.System);
            silo.Services.AddTokens(new Dictionary<string, TenantOptions> { ["default"] = Tenant(_sandbox), ["second"] = Tenant(_second) });
        });
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _sandbox.DisposeAsync();
        await _second.DisposeAsync();
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
    public async Task A_token_that_a_server_refused_is_requested_anew_once()
    {
        var grain = _cluster.Client.GetGrain<ITokenGrain>("default");
        var first = (await grain.GetToken()).Token!;
        await grain.Invalidate(first);
        var second = (await grain.GetToken()).Token!;
        await grain.Invalidate(first); // a late report about the old token changes nothing
        Assert.Equal(second, (await grain.GetToken()).Token);
        Assert.Equal(2, _sandbox.OpenEmr.Requests);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(36_500)]
    public async Task A_token_may_live_longer_than_a_timer_can_wait(int days)
    {
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromDays(days);
        var grain = _cluster.Client.GetGrain<ITokenGrain>("default");
        Assert.Equal(TokenOutcome.Granted, (await grain.GetToken()).Outcome);
        Assert.True((await grain.GetStatus()).ExpiresIn > TimeSpan.FromDays(Math.Min(days, 365) - 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    public async Task A_token_that_has_expired_on_arrival_is_not_kept_and_not_renewed(int seconds)
    {
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(seconds);
        await _cluster.Client.GetGrain<ITokenGrain>("default").Refresh();
        Assert.False((await _cluster.Client.GetGrain<ITokenGrain>("default").GetStatus()).IsPresent);

        // A renewal would have come after one second. The one of the second tenant comes later, after two.
        _second.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(4);
        await _cluster.Client.GetGrain<ITokenGrain>("second").GetToken();
        await Eventually.Is(() => _second.OpenEmr.Requests > 1, "the second tenant has renewed its token");
        Assert.Equal(1, _sandbox.OpenEmr.Requests);
    }

    [Fact]
    public async Task A_short_lived_token_is_renewed_before_it_expires()
    {
        _sandbox.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(30);
        _second.OpenEmr.TokenLifetime = TimeSpan.FromSeconds(4);
        var grain = _cluster.Client.GetGrain<ITokenGrain>("second");
        var first = (await grain.GetToken()).Token;
        await Eventually.Is(() => _second.OpenEmr.Requests > 1, "the second tenant has renewed its token");
        await Eventually.Is(async () => (await grain.GetToken()).Token != first, "the grain has the renewed token");
        Assert.Equal(0, _sandbox.OpenEmr.Requests);
    }

    [Fact]
    public void The_text_form_of_a_secret_does_not_show_it()
    {
        Assert.DoesNotContain("hush", new AccessToken("hush").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "hush",
            new TokenGrant(TokenOutcome.Granted, new AccessToken("hush"), null).ToString(),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("hush", new ManualCredentials("c", "hush", "u", "hush", null).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", new TenantOptions { Password = "hush", ClientSecret = "hush" }.ToString(), StringComparison.Ordinal);
    }

    private static TenantOptions Tenant(SandboxServer sandbox) =>
        new()
        {
            TokenUrl = new Uri(sandbox.BaseAddress, "oauth2/default/token").AbsoluteUri,
            ClientId = sandbox.OpenEmr.ClientId,
            ClientSecret = sandbox.OpenEmr.ClientSecret,
            Username = sandbox.OpenEmr.Username,
            Password = sandbox.OpenEmr.Password,
        };
}
