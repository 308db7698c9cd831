using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Interop.Api.Http;

/// <summary>Adds an example to every answer of /openapi.json: the endpoint's own (<see cref="ExampleExtensions.WithExample"/>), a problem
/// for an error.</summary>
internal sealed class Examples : IOpenApiOperationTransformer
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var own = context.Description.ActionDescriptor.EndpointMetadata.OfType<Example>().ToLookup(e => (e.Status, e.ContentType));
        foreach (var (code, response) in operation.Responses ?? [])
        {
            var status = int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
            foreach (var (contentType, content) in response.Content ?? new Dictionary<string, OpenApiMediaType>())
                content.Example =
                    own[(status, contentType)].FirstOrDefault()?.Value()
                    ?? (status >= 400 ? Problem(status, own[(status, Example.ErrorDetail)].FirstOrDefault()) : null);
        }

        return Task.CompletedTask;
    }

    private static JsonObject Problem(int status, Example? own)
    {
        var problem = new JsonObject
        {
            ["type"] = $"https://httpstatuses.io/{status}",
            ["title"] = ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
            ["detail"] = own?.Text ?? Detail(status),
            ["traceId"] = TraceId,
        };
        if (status is 409 or 502)
            problem["run_id"] = 42;
        return problem;
    }

    private static string Detail(int status) =>
        status switch
        {
            400 => "limit must be a whole number from 1 to 200, not 'abc'",
            404 => "Run not found",
            409 => "Run 42 of default/Observation is active",
            502 => "Upstream FHIR request failed: GET https://fhir.example.org/r4/Observation: 503 Service Unavailable",
            503 => "the database cannot be reached; the log has the details",
            _ => ReasonPhrases.GetReasonPhrase(status),
        };
}

/// <param name="ContentType">Of the answer; <see cref="ErrorDetail"/> when the text is a problem's detail.</param>
internal sealed record Example(int Status, string ContentType, string Text)
{
    public const string ErrorDetail = "detail";

    /// <summary>JSON as JSON, any other text as it stands.</summary>
    public JsonNode? Value() => ContentType == "application/json" ? JsonNode.Parse(Text) : JsonValue.Create(Text);
}
