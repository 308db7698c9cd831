using Interop.Fhir.Terminology;
using Interop.Sources;
using Interop.Uploads.Formats;
using Interop.Uploads.Patients;
using Interop.Uploads.Running;
using Interop.Uploads.Tm2;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Interop.Uploads;

/// <summary>Composition of the library.</summary>
public static class UploadPipelineServices
{
    /// <summary>Adds everything that takes, stores and submits files.</summary>
    /// <param name="defaultFhirServer">The FHIR server that is written to when the settings name none.</param>
    public static IServiceCollection AddUploadPipeline(this IServiceCollection services, string? defaultFhirServer)
    {
        services.AddUpstreamClient(UploadTarget.HttpClientName);
        services.AddUpstreamClient(TerminologyClient.HttpClientName);
        services.AddUpstreamClient(OpenMrsClient.HttpClientName);
        services.AddSingleton(provider => new UploadTarget(
            provider.GetRequiredService<IHttpClientFactory>(),
            provider.GetRequiredService<IOptions<UploadOptions>>(),
            defaultFhirServer,
            provider.GetService<SourceRegistry>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(provider => new MappingProfiles(
            provider.GetRequiredService<IOptions<UploadOptions>>().Value.ProfileDirectory
        ));
        services.TryAddSingleton<ITerminology>(provider =>
            provider.GetRequiredService<IOptions<UploadOptions>>().Value.TerminologyUrl is null
                ? new BuiltInTerminology()
                : ActivatorUtilities.CreateInstance<TerminologyServer>(provider)
        );
        services.AddSingleton<FilePreviewer>();
        services.AddSingleton<FailureReport>();
        services.AddSingleton<OpenMrsClient>();
        services.AddSingleton<OpenMrsDirectory>();
        services.AddSingleton(provider => new Tm2Mappings(provider.GetRequiredService<IOptions<Tm2Options>>().Value.Mappings));
        services.AddSingleton<IFileKind, PatientFiles>();
        services.AddSingleton<IFileKind, Tm2Files>();
        services.AddSingleton<FileWorkers>();
        return services;
    }
}
