using Microsoft.Extensions.DependencyInjection;

namespace Interop.Uploads;

/// <summary>Composition of the upload grains.</summary>
public static class UploadServices
{
    /// <summary>Adds what the grains of uploaded files need, except the database and the options.</summary>
    /// <param name="defaultFhirServer">The FHIR server that is written to when the settings name none.</param>
    public static IServiceCollection AddUploads(this IServiceCollection services, string? defaultFhirServer)
    {
        services.AddUploadPipeline(defaultFhirServer);
        services.AddHostedService<UploadRecovery>();
        return services;
    }
}
