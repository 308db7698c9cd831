using System.Net.Http.Headers;
using Interop.Fhir.Client;
using Interop.Tokens;

namespace Interop.Ingestion.Sources;

/// <summary>The token of an OpenEMR tenant, asked of its grain for every request: it is renewed there.</summary>
internal sealed class TenantAuthorization(IGrainFactory grains, string tenant, Uri baseUrl) : IAuthorization
{
    private AccessToken? _last;

    public async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        var tokens = grains.GetGrain<ITokenGrain>(tenant);
        if (renew && Volatile.Read(ref _last) is { } refused)
            await tokens.Invalidate(refused);
        var grant = await tokens.GetToken();
        if (grant.Token is not { } token)
            throw new FhirRequestException(baseUrl, null, grant.Problem!, isTransient: grant.Outcome is TokenOutcome.Unreachable or TokenOutcome.TimedOut);
        Volatile.Write(ref _last, token);
        return new AuthenticationHeaderValue("Bearer", token.Value);
    }
}
