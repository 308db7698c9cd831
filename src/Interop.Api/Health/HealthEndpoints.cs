using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Health;

/// <summary>Liveness and readiness of the process.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/health", () => TypedResults.Ok(new HealthResponse("ok")))
            .AllowAnonymous()
            .WithTags("Health")
            .WithName("Health")
            .NotAudited("no data")
            .WithSummary("The process is alive")
            .WithExample("""{"status":"ok"}""");
        routes
            .MapGet(
                "/api/health",
                () =>
                    TypedResults.Ok(
                        new ServiceHealthResponse("ok", "interop", typeof(HealthEndpoints).Assembly.GetName().Version!.ToString(3))
                    )
            )
            .AllowAnonymous()
            .WithTags("Health")
            .WithName("ServiceHealth")
            .NotAudited("no data")
            .WithSummary("The process is alive, with its version")
            .WithExample("""{"status":"ok","service":"interop","version":"0.1.0"}""");
        routes
            .MapGet("/health/ready", ReadyAsync)
            .AllowAnonymous()
            .WithTags("Health")
            .WithName("Ready")
            .NotAudited("no data")
            .WithSummary("The database and the engine answer")
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithExample("""{"status":"ok"}""");
    }

    private static async Task<Results<Ok<HealthResponse>, ProblemHttpResult>> ReadyAsync(IGrainFactory grains, HttpContext http)
    {
        string? problem;
        try
        {
            var components = await grains.GetQuery<IHealthGrain>().Check();
            problem = components.Where(c => c.Problem is not null).Select(c => $"{c.Component}: {c.Problem}").FirstOrDefault();
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            problem = $"engine: {e.Message}";
        }

        if (problem is null)
            return TypedResults.Ok(new HealthResponse("ok"));
        http.Response.Headers.RetryAfter = "5";
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, "Not ready", problem);
    }
}

/// <summary>The result of a health check.</summary>
public sealed record HealthResponse(string Status);

/// <param name="Status">ok.</param>
public sealed record ServiceHealthResponse(string Status, string Service, string Version);
