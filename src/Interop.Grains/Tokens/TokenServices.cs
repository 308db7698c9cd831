using Microsoft.Extensions.DependencyInjection;

namespace Interop.Tokens;

/// <summary>Composition of tokens.</summary>
public static class TokenServices
{
    private const int MaxResponseBytes = 10 * 1024 * 1024;

    /// <summary>Adds what the token grains need.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services, IReadOnlyDictionary<string, TenantOptions> tenants)
    {
        services.AddHttpClient(OpenEmrClient.HttpClientName)
            .ConfigureHttpClient(http =>
            {
                http.Timeout = Timeout.InfiniteTimeSpan; // each request has its own
                http.MaxResponseContentBufferSize = MaxResponseBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = System.Net.DecompressionMethods.All,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                UseCookies = false,
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        services.AddSingleton(new TenantRegistry(tenants));
        services.AddSingleton<OpenEmrClient>();
        return services;
    }
}
