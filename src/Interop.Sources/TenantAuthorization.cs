using System.Net.Http.Headers;
using Interop.Fhir.Client;

namespace Interop.Sources;

/// <summary>Sends the token of an OpenEMR tenant. It asks for the token with every request; <see cref="ITenantTokens"/> renews
/// it.</summary>
internal sealed class TenantAuthorization(ITenantTokens tokens, string tenant, Uri baseUrl) : IAuthorization
{
    private string? _last;

    public async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        if (renew && Volatile.Read(ref _last) is { } refused)
            await tokens.InvalidateAsync(tenant, refused);
        var token = await tokens.GetAsync(tenant);
        if (token.Value is null)
            throw new FhirRequestException(baseUrl, null, token.Problem!, token.IsTransient);
        Volatile.Write(ref _last, token.Value);
        return new AuthenticationHeaderValue("Bearer", token.Value);
    }
}
