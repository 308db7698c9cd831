using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Interop.Access;
using Interop.Anomaly;
using Interop.Api.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Anomaly;

/// <summary>Cases, the watchlist, and the model.</summary>
public static class CaseEndpoints
{
    public static void MapCases(this IEndpointRouteBuilder routes)
    {
        var cases = routes
            .MapGroup("/api/cases")
            .WithTags("Cases")
            .RequireRole(AccessRole.Viewer)
            .ProducesProblem(StatusCodes.Status404NotFound);
        cases
            .MapGet("/", ListAsync)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithName("ListCases")
            .Audited(AuditAction.Query)
            .WithExample(AlertExamples.Cases)
            .WithSummary("Alerts of one agent and class within 24 hours, as cases");
        cases
            .MapGet(
                "/{id:long}",
                async Task<Results<Ok<AccessCase>, ProblemHttpResult>> (long id, IGrainFactory grains) =>
                    await grains.GetQuery<IAlertQueryGrain>().FindCase(id) is { } found
                        ? TypedResults.Ok(found)
                        : Problems.NotFound($"No case {id}")
            )
            .WithName("GetCase")
            .Audited(AuditAction.Read)
            .WithExample(AlertExamples.Case)
            .WithSummary("One case with its history");
        cases
            .MapPatch("/{id:long}", ChangeAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("ChangeCase")
            .Audited(AuditAction.Update)
            .WithExample(AlertExamples.Case)
            .WithSummary("Change status or assignee, or add a note")
            .ProducesProblem(StatusCodes.Status400BadRequest);

        var watchlist = routes
            .MapGroup("/api/watchlist")
            .WithTags("Cases")
            .RequireRole(AccessRole.Viewer)
            .ProducesProblem(StatusCodes.Status400BadRequest);
        watchlist
            .MapGet("/", async (IGrainFactory grains) => TypedResults.Ok(await grains.GetQuery<IAlertQueryGrain>().ListWatched()))
            .WithName("ListWatched")
            .Audited(AuditAction.Query)
            .WithExample(AlertExamples.Watched)
            .WithSummary("Patients whose every access is looked at");
        watchlist
            .MapPut("/", WatchAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("Watch")
            .Audited(AuditAction.Create)
            .WithSummary("Put a patient on the watchlist");
        watchlist
            .MapDelete("/", UnwatchAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("Unwatch")
            .Audited(AuditAction.Delete)
            .WithSummary("Take a patient off the watchlist")
            .ProducesProblem(StatusCodes.Status404NotFound);

        var model = routes.MapGroup("/api/anomaly").WithTags("Model").RequireRole(AccessRole.Viewer);
        model
            .MapGet("/model", CurrentAsync)
            .WithName("GetModel")
            .NotAudited("figures of a model, no patient data")
            .WithExample(AlertExamples.Model)
            .WithSummary("The promoted model")
            .ProducesProblem(StatusCodes.Status404NotFound);
        model
            .MapGet("/models", async (IGrainFactory grains) => TypedResults.Ok(await grains.GetGrain<IAnomalyModelGrain>(0).List()))
            .WithName("ListModels")
            .NotAudited("figures of models, no patient data")
            .WithExample(AlertExamples.Models)
            .WithSummary("All versions of the model");
        model
            .MapPost("/model/train", TrainAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("TrainModel")
            .Audited(AuditAction.Execute)
            .WithExample(AlertExamples.Model)
            .WithSummary("Train a version; it is scored in shadow until it is promoted")
            .ProducesProblem(StatusCodes.Status409Conflict);
        model
            .MapPost(
                "/model/{id}/promote",
                async Task<Results<NoContent, ProblemHttpResult>> (string id, IGrainFactory grains) =>
                    await grains.GetGrain<IAnomalyModelGrain>(0).Promote(id)
                        ? TypedResults.NoContent()
                        : Problems.NotFound($"No model {id}")
            )
            .RequireRole(AccessRole.Admin)
            .WithName("PromoteModel")
            .Audited(AuditAction.Update)
            .WithSummary("Make a version the one whose scores count")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<ImmutableArray<AccessCase>>, ProblemHttpResult>> ListAsync(
        IGrainFactory grains,
        string? status = null,
        string? assignee = null,
        [Range(1, 1_000)] int limit = 50
    ) =>
        BadStatus(status) is { } problem
            ? problem
            : TypedResults.Ok(await grains.GetQuery<IAlertQueryGrain>().ListCases(status, assignee, limit));

    private static ProblemHttpResult? BadStatus(string? status) =>
        status is null or "open" or "confirmed" or "dismissed"
            ? null
            : Problems.BadRequest($"status must be open, confirmed or dismissed, not '{status}'");

    private static async Task<Results<Ok<AccessCase>, ProblemHttpResult>> ChangeAsync(
        long id,
        CaseRequest request,
        HttpContext http,
        IGrainFactory grains
    )
    {
        if (BadStatus(request.Status) is { } problem)
            return problem;
        if (request is { Status: null, Assignee: null, Note: null })
            return Problems.BadRequest("a change needs at least one of status, assignee and note");
        return
            await grains
                .GetGrain<IAlertDeskGrain>(0)
                .ChangeCase(id, request.Status, request.Assignee, request.Note, http.User.Identity?.Name)
                is { } changed
            ? TypedResults.Ok(changed)
            : Problems.NotFound($"No case {id}");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> WatchAsync(WatchRequest request, IGrainFactory grains)
    {
        return request.Patient is { } patient && await grains.GetGrain<IAlertDeskGrain>(0).Watch(patient, request.Reason)
            ? TypedResults.NoContent()
            : Problems.BadRequest($"patient must be Patient/ID, not '{request.Patient}'");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> UnwatchAsync(string patient, IGrainFactory grains)
    {
        return await grains.GetGrain<IAlertDeskGrain>(0).Unwatch(patient)
            ? TypedResults.NoContent()
            : Problems.NotFound($"{patient} is not on the watchlist");
    }

    private static async Task<Results<Ok<ModelVersion>, ProblemHttpResult>> CurrentAsync(IGrainFactory grains)
    {
        var versions = await grains.GetGrain<IAnomalyModelGrain>(0).List();
        return versions.FirstOrDefault(v => v.Status == "promoted") is { } current
            ? TypedResults.Ok(current)
            : Problems.NotFound("There is no model yet: events are stored unscored");
    }

    private static async Task<Results<Ok<ModelVersion>, ProblemHttpResult>> TrainAsync(IGrainFactory grains)
    {
        var result = await grains.GetGrain<IAnomalyModelGrain>(0).Train();
        return result.Version is { } version ? TypedResults.Ok(version) : Problems.Conflict(result.Problem!);
    }
}
