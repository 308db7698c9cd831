using Interop.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Discovery;

/// <summary>Registration of patient discovery.</summary>
public static class DiscoveryServices
{
    private const int MaxResponseBytes = 10 * 1024 * 1024;

    /// <summary>
    /// Adds the services of the discovery grains. They also need those of tokens and telemetry, and the options
    /// <see cref="DiscoveryOptions"/>
    /// and <see cref="XcpdOptions"/>.
    /// </summary>
    public static IServiceCollection AddDiscovery(this IServiceCollection services)
    {
        services
            .AddUpstreamClient(MirthClient.HttpClientName)
            .ConfigureHttpClient(http => http.MaxResponseContentBufferSize = MaxResponseBytes);
        services.AddSingleton<PatientKeys>();
        services.AddSingleton<MirthClient>();
        services.AddSingleton<SearchHistory>();
        services.AddHostedService<PatientKeyRenewal>();
        return services;
    }
}
