using Interop.Fhir.Validation;
using Interop.Health;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Running;
using Interop.Sources;
using Interop.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Ingestion;

/// <summary>Composition of the ingestion grains.</summary>
public static class IngestionServices
{
    /// <summary>
    /// Adds what the ingestion grains need, except the <see cref="Interop.Storage.Database"/> and the options
    /// (<see cref="IngestionOptions"/>,
    /// <see cref="ExportOptions"/>, <see cref="ViewOptions"/>): the host adds those, and may add a stricter <see cref="ResourceValidator"/>
    /// than the default.
    /// </summary>
    public static IServiceCollection AddIngestion(
        this IServiceCollection services,
        IReadOnlyDictionary<string, SourceOptions> sources,
        ProcessKind processKind = ProcessKind.Server
    )
    {
        services.TryAddSingleton<ITenantTokens, TenantTokens>();
        services.AddSources(sources);
        services.AddSingleton<IPartitionWorkers, PartitionGrains>();
        services.AddIngestionPipeline(processKind);
        services.AddSingleton<IIncomingGrainCallFilter, DatabaseFailureFilter>();
        services.AddHostedService<RunRecovery>();
        return services;
    }
}
