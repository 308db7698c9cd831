using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Http;

internal static class ExampleExtensions
{
    /// <summary>An example of the endpoint's answer, for /openapi.json.</summary>
    public static TBuilder WithExample<TBuilder>(
        this TBuilder endpoint, string text, int status = StatusCodes.Status200OK, string contentType = "application/json")
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Example(status, contentType, text));

    /// <summary>What an error of the endpoint says, for /openapi.json.</summary>
    public static TBuilder WithErrorExample<TBuilder>(this TBuilder endpoint, int status, string detail)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Example(status, Example.ErrorDetail, detail));
}
