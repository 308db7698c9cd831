using System.Collections.Immutable;
using System.ComponentModel;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Ingestion;

/// <summary>Looking at runs, their dead letters, and replaying them.</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/runs").WithTags("Runs").ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/", ListAsync).WithName("ListRuns").WithSummary("Runs, newest first").ProducesProblem(StatusCodes.Status400BadRequest);
        runs.MapGet("/metrics", async (IGrainFactory grains) => TypedResults.Ok(await Query(grains).GetMetrics()))
            .WithName("RunMetrics").WithSummary("Counts over all runs and dead letters");
        runs.MapGet("/{id:long}", GetAsync).WithName("GetRun").WithSummary("One run with its progress, counters and a sample of its dead letters");
        runs.MapGet("/{id:long}/events", EventsAsync).WithName("FollowRun").WithSummary("A run's progress as server-sent events");
        runs.MapPost("/{id:long}/cancel", CancelAsync).WithName("CancelRun").WithSummary("End a run; what it committed stays");
        runs.MapGet("/{id:long}/deadletters", DeadLettersAsync).WithName("ListDeadLetters").WithSummary("A run's dead letters, newest first");
        runs.MapPost("/{id:long}/replay", ReplayAsync).WithName("ReplayRun").WithSummary("A new run over this run's unresolved dead letters")
            .Produces<RunSummaryResponse>().Produces<RunAccepted>(StatusCodes.Status202Accepted);
    }

    private static IIngestionQueryGrain Query(IGrainFactory grains) => grains.GetGrain<IIngestionQueryGrain>(0);

    private static async Task<Results<Ok<ImmutableArray<RunResponse>>, ProblemHttpResult>> ListAsync(
        IGrainFactory grains,
        [FromQuery(Name = "resource_type")] string? resourceType,
        string? source,
        string? status,
        string? job,
        string? trigger,
        DateTimeOffset? since,
        DateTimeOffset? until,
        [FromQuery(Name = "include_details")] bool? includeDetails,
        [Description("1 to 200")] int limit = 20)
    {
        if (limit is < 1 or > 200)
            return Problems.BadRequest("limit must be 1 to 200");
        var filter = new RunFilter(resourceType, source, status?.ToUpperInvariant(), job, trigger, since, until, includeDetails ?? false, limit);
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
        long id, IGrainFactory grains, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var progress in grains.GetGrain<IIngestionRunGrain>(id).Follow(cancellationToken))
            yield return new SseItem<RunProgress>(progress, RunStatus.IsActive(progress.Status) ? "progress" : "end");
    }

    private static async Task<Results<Accepted<RunAccepted>, ProblemHttpResult>> CancelAsync(long id, IGrainFactory grains)
    {
        if (await Query(grains).GetSummary(id) is null)
            return Problems.NotFound("Run not found");
        await grains.GetGrain<IIngestionRunGrain>(id).Cancel();
        var run = (await Query(grains).GetSummary(id))!;
        return TypedResults.Accepted($"/runs/{id}", new RunAccepted(id, run.Status));
    }

    private static async Task<Results<Ok<ImmutableArray<DeadLetterResponse>>, ProblemHttpResult>> DeadLettersAsync(
        long id,
        IGrainFactory grains,
        string? stage,
        [FromQuery(Name = "include_raw")] bool? includeRaw,
        [Description("1 to 500")] int limit = 50)
    {
        if (limit is < 1 or > 500)
            return Problems.BadRequest("limit must be 1 to 500");
        if (stage is not null && !DeadLetterStage.IsKnown(stage))
            return Problems.BadRequest("stage must be validate, transform, or load");
        return await Query(grains).ListDeadLetters(id, stage, limit, includeRaw ?? false) is { } list
            ? TypedResults.Ok(list.Letters.Select(DeadLetterResponse.From).ToImmutableArray())
            : Problems.NotFound("Run not found");
    }

    private static async Task<IResult> ReplayAsync(long id, RunStarter starter, HttpContext http, string stage = DeadLetterStage.Validate) =>
        DeadLetterStage.IsKnown(stage)
            ? await starter.ReplayAsync(http, id, stage)
            : Problems.BadRequest("Replay stage must be validate, transform, or load");
}

/// <summary>A run in a list; details only when asked for.</summary>
public sealed record RunResponse(
    long RunId,
    string ResourceType,
    string Source,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? DurationSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonText? Details)
{
    internal static RunResponse From(RunListItem r) =>
        new(r.RunId, r.ResourceType, r.Source, r.Status, r.StartedAt, r.FinishedAt, r.DurationSeconds, r.Details);
}

/// <summary>A dead letter; raw only when asked for.</summary>
public sealed record DeadLetterResponse(
    long Id,
    string ResourceType,
    string? ResourceId,
    string Stage,
    string Error,
    JsonText Issues,
    DateTimeOffset CreatedAt,
    bool Resolved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonText? Raw)
{
    internal static DeadLetterResponse From(DeadLetter d) =>
        new(d.Id, d.ResourceType, d.ResourceId, d.Stage, d.Error, d.Issues, d.CreatedAt, d.Resolved, d.Raw);
}
