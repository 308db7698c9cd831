using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Interop.Api.Http;

/// <summary>Describes instants as strings: the framework cannot see what our converter writes.</summary>
internal sealed class WrittenTypes : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            schema.Format = "date-time";
            schema.Type = type == typeof(DateTimeOffset?) ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        }

        return Task.CompletedTask;
    }
}
