using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Patients;
using Interop.Ingestion.Views;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Ingestion.Running;

/// <summary>Composition of the library.</summary>
public static class IngestionPipelineServices
{
    /// <summary>Adds everything that fetches, prepares, loads, stores and exports, and the hosted service that installs the views at
    /// start.</summary>
    /// <param name="processKind">What this process is for: it resumes only runs of its own kind.</param>
    public static IServiceCollection AddIngestionPipeline(this IServiceCollection services, ProcessKind processKind)
    {
        services.AddOptions<LeaseOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(ProcessIdentity.Current(processKind));
        services.AddSingleton(R4Schema.Default);
        services.TryAddSingleton(ResourceValidator.Default);
        services.AddSingleton<ViewCatalog>();
        services.AddSingleton<ViewChanges>();
        services.AddSingleton<ViewReader>();
        services.AddSingleton<ViewDirectory>();
        services.AddSingleton<ViewFiles>();
        services.AddHostedService<ViewInstaller>();
        services.AddSingleton<ExportDirectory>();
        services.AddSingleton<ExportReader>();
        services.AddSingleton<PatientReader>();
        services.AddSingleton<RunExporter>();
        if (processKind == ProcessKind.Server)
            services.AddHostedService<ExportRetention>();
        services.AddSingleton<ViewRebuild>();
        services.AddSingleton<PageSources>();
        services.AddSingleton<RunPipeline>();
        services.AddSingleton<RunRegistry>();
        return services;
    }
}
