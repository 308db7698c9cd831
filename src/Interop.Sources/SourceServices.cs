using Microsoft.Extensions.DependencyInjection;

namespace Interop.Sources;

/// <summary>Composition of the sources.</summary>
public static class SourceServices
{
    /// <summary>Adds the <see cref="SourceRegistry"/>. It needs <see cref="ITenantTokens"/> and a <see cref="TimeProvider"/> from the
    /// host.</summary>
    public static IServiceCollection AddSources(this IServiceCollection services, IReadOnlyDictionary<string, SourceOptions> sources)
    {
        services.AddUpstreamClient(SourceRegistry.HttpClientName);
        services.AddSingleton(p => new SourceRegistry(
            sources,
            p.GetRequiredService<IHttpClientFactory>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ITenantTokens>()
        ));
        return services;
    }
}
