using Microsoft.Extensions.DependencyInjection;

namespace Interop.Discovery;

/// <summary>Composition of patient discovery.</summary>
public static class DiscoveryServices
{
    /// <summary>Adds what the discovery grains need besides tokens and telemetry.</summary>
    public static IServiceCollection AddDiscovery(this IServiceCollection services, XcpdOptions xcpd)
    {
        services.AddSingleton(xcpd);
        services.AddSingleton<MirthClient>();
        services.AddSingleton<SearchStore>();
        return services;
    }
}
