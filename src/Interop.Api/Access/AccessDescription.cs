using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Interop.Api.Access;

/// <summary>Adds the role of each endpoint to /openapi.json, and the answers to callers without it.</summary>
internal sealed class AccessDescription : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var role = RequiredRole.Of([.. context.Description.ActionDescriptor.EndpointMetadata.OfType<DeclaredRole>()]);
        if (role is not { } required)
            return Task.CompletedTask;
        var name = RequiredRole.NameOf(required);
        operation.Description = $"{operation.Description} Needs the role {name}.".Trim();
        operation.Responses ??= [];
        Add(
            operation.Responses,
            401,
            "Unauthorized",
            "log in at POST /login and send the token as 'Authorization: Bearer TOKEN', or send an X-Api-Key"
        );
        Add(operation.Responses, 403, "Forbidden", $"this needs the role {name}");
        return Task.CompletedTask;
    }

    private static void Add(OpenApiResponses responses, int status, string title, string detail) =>
        responses.TryAdd(
            $"{status}",
            new OpenApiResponse
            {
                Description = title,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new()
                    {
                        Example = new JsonObject
                        {
                            ["type"] = $"https://httpstatuses.io/{status}",
                            ["title"] = title,
                            ["status"] = status,
                            ["detail"] = detail,
                        },
                    },
                },
            }
        );
}
