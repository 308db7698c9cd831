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

/// <summary>The checkpoints of sources and types.</summary>
public static class CheckpointEndpoints
{
    public static void MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        var checkpoints = routes.MapGroup("/checkpoints").WithTags("Checkpoints").RequireRole(AccessRole.Viewer);
        checkpoints
            .MapGet(
                "/",
                async Task<Ok<ImmutableArray<Checkpoint>>> (IGrainFactory grains) =>
                    TypedResults.Ok(await grains.IngestionQueries().ListCheckpoints())
            )
            .WithName("ListCheckpoints")
            .NotAudited("positions, no patient data")
            .WithSummary("All checkpoints")
            .WithExample(IngestionExamples.Checkpoints);
        checkpoints
            .MapDelete(
                "/{source}/{type}",
                async Task<Results<NoContent, ProblemHttpResult>> (string source, string type, IGrainFactory grains) =>
                    await grains.Checkpoint(source, type).Forget() ? TypedResults.NoContent() : Problems.NotFound("Checkpoint not found")
            )
            .RequireRole(AccessRole.Admin)
            .WithName("ForgetCheckpoint")
            .Audited(AuditAction.Delete)
            .WithSummary("Delete a checkpoint: the next run fetches everything")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithErrorExample(StatusCodes.Status404NotFound, "Checkpoint not found");
    }
}
