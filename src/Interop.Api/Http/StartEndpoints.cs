using Interop.Api.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Http;

/// <summary>The answer at <c>/</c>: links to the documentation and the main endpoints.</summary>
public static class StartEndpoints
{
    private const string Example =
        """{"name":"Interop","version":"0.1.0","docs":"/docs","openapi":"/openapi.json","health":"/health/ready","metrics":"/metrics"}""";

    public static void MapStart(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                "/",
                () =>
                    TypedResults.Ok(
                        new StartResponse(
                            "Interop",
                            typeof(StartEndpoints).Assembly.GetName().Version!.ToString(3),
                            "/docs",
                            "/openapi.json",
                            "/health/ready",
                            "/metrics"
                        )
                    )
            )
            .AllowAnonymous()
            .WithTags("Health")
            .WithName("Start")
            .NotAudited("no data")
            .WithSummary("Where to go on from here")
            .WithExample(Example);
}

/// <summary>Paths of this server.</summary>
/// <param name="Docs">A page to read about the endpoints and try them.</param>
public sealed record StartResponse(string Name, string Version, string Docs, string Openapi, string Health, string Metrics);
