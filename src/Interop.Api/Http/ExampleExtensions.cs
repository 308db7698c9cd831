using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace Interop.Api.Http;

/// <summary>Descriptions of endpoints for /openapi.json.</summary>
internal static class ExampleExtensions
{
    /// <summary>An example of the endpoint's answer, for /openapi.json.</summary>
    public static TBuilder WithExample<TBuilder>(
        this TBuilder endpoint,
        string text,
        int status = StatusCodes.Status200OK,
        string contentType = "application/json"
    )
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Example(status, contentType, text));

    /// <summary>What an error of the endpoint says, for /openapi.json.</summary>
    public static TBuilder WithErrorExample<TBuilder>(this TBuilder endpoint, int status, string detail)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Example(status, Example.ErrorDetail, detail));

    /// <summary>Describes the body that the endpoint reads itself. Unlike <c>Accepts</c>, it does not restrict the content types.</summary>
    public static RouteHandlerBuilder WithRequestBody(
        this RouteHandlerBuilder endpoint,
        Type type,
        string description,
        params string[] examples
    ) =>
        endpoint.AddOpenApiOperationTransformer(
            async (operation, context, cancellationToken) =>
            {
                var content = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken) };
                if (examples.Length == 1)
                    content.Example = JsonNode.Parse(examples[0]);
                else if (examples.Length > 1)
                    content.Examples = examples
                        .Index()
                        .ToDictionary(
                            e => $"example{e.Index + 1}",
                            e => (IOpenApiExample)new OpenApiExample { Value = JsonNode.Parse(e.Item) }
                        );
                operation.RequestBody = new OpenApiRequestBody
                {
                    Description = description,
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = content },
                };
            }
        );

    /// <summary>Lists the values that a parameter takes.</summary>
    public static RouteHandlerBuilder WithValues(this RouteHandlerBuilder endpoint, string parameter, params string[] values) =>
        endpoint.AddOpenApiOperationTransformer(
            (operation, _, _) =>
            {
                var found = operation
                    .Parameters?.OfType<OpenApiParameter>()
                    .FirstOrDefault(p => string.Equals(p.Name, parameter, StringComparison.OrdinalIgnoreCase));
                if (found?.Schema is OpenApiSchema schema)
                    schema.Enum = [.. values.Select(v => (JsonNode)v)];
                return Task.CompletedTask;
            }
        );
}
