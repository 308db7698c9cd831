using System.Collections.Immutable;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Ingestion;

/// <summary>The watermarks of sources and types.</summary>
public static class CheckpointEndpoints
{
    public static void MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        var checkpoints = routes.MapGroup("/checkpoints").WithTags("Checkpoints").RequireRole(AccessRole.Viewer);
        checkpoints.MapGet("/", async Task<Ok<ImmutableArray<Checkpoint>>> (IGrainFactory grains) =>
                TypedResults.Ok(await grains.GetGrain<IIngestionQueryGrain>(0).ListCheckpoints()))
            .WithName("ListCheckpoints").WithSummary("All watermarks").WithExample(IngestionExamples.Checkpoints);
        checkpoints.MapDelete("/{source}/{type}", async Task<Results<NoContent, ProblemHttpResult>> (string source, string type, IGrainFactory grains) =>
                await grains.GetGrain<ICheckpointGrain>($"{source}/{type}").Forget() ? TypedResults.NoContent() : Problems.NotFound("Checkpoint not found"))
            .RequireRole(AccessRole.Admin).WithName("ForgetCheckpoint").WithSummary("Forget a watermark: the next run starts from the beginning")
            .ProducesProblem(StatusCodes.Status404NotFound).WithErrorExample(StatusCodes.Status404NotFound, "Checkpoint not found");
    }
}
