using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Metrics;

/// <summary>The process's metrics for Prometheus to scrape.</summary>
public static class MetricsEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/metrics", (MetricsText metrics) => TypedResults.Text(metrics.Render(), "text/plain; version=0.0.4; charset=utf-8"))
            .RequireRole(AccessRole.Viewer)
            .WithTags("Health")
            .WithName("Metrics")
            .NotAudited("figures, no patient data")
            .WithSummary("Metrics in Prometheus text format")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .WithExample(Example, contentType: "text/plain");

    private const string Example = """
        # TYPE interop_ingestion_resources_total counter
        interop_ingestion_resources_total{resource_type="Patient",source="default"} 1000

        """;
}
