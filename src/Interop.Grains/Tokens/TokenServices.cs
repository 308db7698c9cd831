using Interop.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Tokens;

/// <summary>Registration of tokens.</summary>
public static class TokenServices
{
    private const int MaxResponseBytes = 1024 * 1024;

    /// <summary>Adds the services of the token grains.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services, IReadOnlyDictionary<string, TenantOptions> tenants)
    {
        services
            .AddUpstreamClient(OpenEmrClient.HttpClientName)
            .ConfigureHttpClient(http => http.MaxResponseContentBufferSize = MaxResponseBytes);
        services.AddSingleton(new TenantRegistry(tenants));
        services.AddSingleton<OpenEmrClient>();
        return services;
    }
}
