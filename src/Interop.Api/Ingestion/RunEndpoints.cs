using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Ingestion;

/// <summary>Runs and their dead letters: read, follow, cancel, replay.</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/runs").WithTags("Runs").RequireRole(AccessRole.Viewer);
        runs.MapGet("/", ListAsync)
            .WithName("ListRuns")
            .NotAudited("counters, no patient data")
            .WithSummary("Runs, newest first")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithExample(IngestionExamples.Runs);
        runs.MapGet("/metrics", async (IGrainFactory grains) => TypedResults.Ok(await Query(grains).GetMetrics()))
            .WithName("RunMetrics")
            .NotAudited("counters, no patient data")
            .WithSummary("Counts over all runs and dead letters")
            .WithExample(IngestionExamples.Metrics);

        var run = runs.MapGroup("/{id:long}").ProducesProblem(StatusCodes.Status404NotFound);
        run.MapGet("/", GetAsync)
            .WithName("GetRun")
            .Audited(AuditAction.Read)
            .WithSummary("One run with its progress, counters and a sample of its dead letters")
            .WithExample(IngestionExamples.Run);
        run.MapGet("/events", EventsAsync)
            .WithName("FollowRun")
            .NotAudited("counters, no patient data")
            .WithSummary("A run's progress as server-sent events")
            .Produces<RunProgress>(StatusCodes.Status200OK, "text/event-stream")
            .WithExample(IngestionExamples.Events, contentType: "text/event-stream");
        run.MapPost("/cancel", CancelAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("CancelRun")
            .Audited(AuditAction.Execute)
            .WithSummary("End a run; what it committed stays")
            .WithExample("""{"run_id":42,"status":"CANCELLED"}""", StatusCodes.Status202Accepted);
        run.MapGet("/deadletters", DeadLettersAsync)
            .WithName("ListDeadLetters")
            .Audited(AuditAction.Query)
            .WithSummary("A run's dead letters, newest first")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithExample(IngestionExamples.DeadLetters)
            .WithErrorExample(StatusCodes.Status400BadRequest, "stage must be validate, transform, or load");
        run.MapPost("/replay", ReplayAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("ReplayRun")
            .Audited(AuditAction.Execute)
            .WithSummary("A new run over this run's unresolved dead letters")
            .Produces<RunSummaryResponse>()
            .Produces<RunAccepted>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage)
            .WithExample(IngestionExamples.Replay)
            .WithExample(IngestionExamples.Accepted, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status400BadRequest, "Replay stage must be validate, transform, or load");
    }

    private static IIngestionQueryGrain Query(IGrainFactory grains) => grains.IngestionQueries();

    private static async Task<Ok<ImmutableArray<RunResponse>>> ListAsync(
        IGrainFactory grains,
        [FromQuery(Name = "resource_type")] string? resourceType,
        string? source,
        string? status,
        string? job,
        string? trigger,
        DateTimeOffset? since,
        DateTimeOffset? until,
        [FromQuery(Name = "include_details")] bool? includeDetails,
        [Description("1 to 200")] [Range(1, 200)] int limit = 20
    )
    {
        var filter = new RunFilter(
            resourceType,
            source,
            status?.ToUpperInvariant(),
            job,
            trigger,
            since,
            until,
            includeDetails ?? false,
            limit
        );
        var runs = await Query(grains).ListRuns(filter);
        return TypedResults.Ok(runs.Select(RunResponse.From).ToImmutableArray());
    }

    private static async Task<Results<Ok<RunDetail>, ProblemHttpResult>> GetAsync(long id, IGrainFactory grains) =>
        await Query(grains).GetRun(id) is { } run ? TypedResults.Ok(run) : Problems.NotFound("Run not found");

    private static async Task<IResult> EventsAsync(long id, IGrainFactory grains, CancellationToken cancellationToken) =>
        await Query(grains).GetRun(id) is null
            ? Problems.NotFound("Run not found")
            : TypedResults.ServerSentEvents(FollowAsync(id, grains, cancellationToken));

    private static async IAsyncEnumerable<SseItem<RunProgress>> FollowAsync(
        long id,
        IGrainFactory grains,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var progress in grains.Run(id).FollowToEndAsync(cancellationToken))
            yield return new SseItem<RunProgress>(progress, RunStatus.IsActive(progress.Status) ? "progress" : "end");
    }

    private static async Task<Results<Accepted<RunAccepted>, ProblemHttpResult>> CancelAsync(long id, IGrainFactory grains)
    {
        if (await Query(grains).GetSummary(id) is null)
            return Problems.NotFound("Run not found");
        await grains.Run(id).Cancel();
        var run = (await Query(grains).GetSummary(id))!;
        return TypedResults.Accepted($"/runs/{id}", new RunAccepted(id, run.Status));
    }

    private static async Task<Results<Ok<ImmutableArray<DeadLetter>>, ProblemHttpResult>> DeadLettersAsync(
        long id,
        IGrainFactory grains,
        string? stage,
        [FromQuery(Name = "include_raw")] bool? includeRaw,
        [Description("1 to 500")] [Range(1, 500)] int limit = 50
    )
    {
        if (stage is not null && !DeadLetterStage.IsKnown(stage))
            return Problems.BadRequest("stage must be validate, transform, or load");
        return await Query(grains).ListDeadLetters(id, stage, limit, includeRaw ?? false) is { } list
            ? TypedResults.Ok(list)
            : Problems.NotFound("Run not found");
    }

    private static async Task<IResult> ReplayAsync(
        long id,
        RunStarter starter,
        HttpContext http,
        string stage = DeadLetterStage.Validate
    ) =>
        DeadLetterStage.IsKnown(stage)
            ? await starter.ReplayAsync(http, id, stage)
            : Problems.BadRequest("Replay stage must be validate, transform, or load");
}

/// <summary>A run in a list: the message <see cref="RunListItem"/>, but <c>details</c> is absent unless it was asked for.</summary>
public sealed record RunResponse(
    long RunId,
    string ResourceType,
    string Source,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? DurationSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonText? Details
)
{
    internal static RunResponse From(RunListItem r) =>
        new(r.RunId, r.ResourceType, r.Source, r.Status, r.StartedAt, r.FinishedAt, r.DurationSeconds, r.Details);
}
