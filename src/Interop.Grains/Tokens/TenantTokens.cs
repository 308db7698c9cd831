using Interop.Sources;

namespace Interop.Tokens;

/// <summary>Gives sources the tokens that the token grains hold.</summary>
internal sealed class TenantTokens(IGrainFactory grains) : ITenantTokens
{
    public async Task<TenantToken> GetAsync(string tenant)
    {
        var grant = await grains.GetGrain<ITokenGrain>(tenant).GetToken();
        return new TenantToken(grant.Token?.Value, grant.Problem, grant.Outcome is TokenOutcome.Unreachable or TokenOutcome.TimedOut);
    }

    public Task InvalidateAsync(string tenant, string token) => grains.GetGrain<ITokenGrain>(tenant).Invalidate(new AccessToken(token));
}
