using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Health;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Running;
using Interop.Ingestion.Sources;
using Interop.Ingestion.Views;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Ingestion;

/// <summary>Composition of ingestion.</summary>
public static class IngestionServices
{
    /// <summary>
    /// Adds everything that the ingestion grains need but the <see cref="Interop.Storage.Database"/> and the options
    /// (<see cref="IngestionOptions"/>, <see cref="ExportOptions"/>, <see cref="ViewOptions"/>), which are the host's, as may be a
    /// stricter <see cref="ResourceValidator"/> than the default.
    /// </summary>
    public static IServiceCollection AddIngestion(this IServiceCollection services, IReadOnlyDictionary<string, SourceOptions> sources)
    {
        services.AddHttpClient(SourceRegistry.HttpClientName)
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan) // the client's own time-outs know what they wait for
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = System.Net.DecompressionMethods.All,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                UseCookies = false,
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.AddSingleton(p => new SourceRegistry(
            sources, p.GetRequiredService<IHttpClientFactory>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<IGrainFactory>()));
        services.AddSingleton(R4Schema.Default);
        services.TryAddSingleton(ResourceValidator.Default);
        services.AddSingleton<ViewCatalog>();
        services.AddSingleton<ViewChanges>();
        services.AddSingleton<ViewRebuild>();
        services.AddSingleton<ViewReader>();
        services.AddSingleton<ViewDirectory>();
        services.AddSingleton<ViewFiles>();
        services.AddHostedService<ViewInstaller>();
        services.AddSingleton<ExportDirectory>();
        services.AddSingleton<ExportReader>();
        services.AddSingleton<RunExporter>();
        services.AddSingleton<RunSteps>();
        services.AddSingleton<RunWorkers>();
        services.AddSingleton<IIncomingGrainCallFilter, DatabaseFailureFilter>();
        services.AddHostedService<RunRecovery>();
        return services;
    }
}
