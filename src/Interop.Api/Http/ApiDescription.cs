using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Interop.Api.Http;

/// <summary>What /openapi.json says about the API as a whole.</summary>
internal sealed class ApiDescription : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info.Title = "Interop";
        document.Info.Version = typeof(ApiDescription).Assembly.GetName().Version?.ToString(3);
        document.Info.Description =
            "Ingestion of FHIR R4 into clean tables, with runs, checkpoints, dead letters, replay and export. Errors are application/problem+json.";
        return Task.CompletedTask;
    }
}
