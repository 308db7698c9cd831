using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Telemetry;

/// <summary>Patient discovery requests as telemetry tells them.</summary>
public static class PdExecutionEndpoints
{
    public static void MapPdExecutions(this IEndpointRouteBuilder routes)
    {
        var executions = routes.MapGroup("/api/pd-executions").WithTags("PD executions").RequireRole(AccessRole.Viewer);
        executions.MapGet("/", ListAsync).WithName("ListPdExecutions").WithSummary("Executions, newest completed first")
            .ProducesProblem(StatusCodes.Status400BadRequest).WithExample(TelemetryExamples.Executions);
        executions.MapGet("/summary", async ([AsParameters] ExecutionQuery query, IGrainFactory grains) =>
                TypedResults.Ok(PdSummaryResponse.From(await Grain(grains).SummarizeExecutions(query.Filter))))
            .WithName("SummarizePdExecutions").WithSummary("Counts, averages and percentiles").WithExample(TelemetryExamples.Summary);
        executions.MapPost("/materialize", MaterializeAsync).RequireRole(AccessRole.Operator).WithName("MaterializePdExecutions")
            .WithSummary("Make the executions anew from the events; done again it changes nothing").WithExample(TelemetryExamples.Materialized);
    }

    private static ITelemetryQueryGrain Grain(IGrainFactory grains) => grains.GetQuery<ITelemetryQueryGrain>();

    private static async Task<Results<Ok<ImmutableArray<PdExecutionResponse>>, ProblemHttpResult>> ListAsync(
        [AsParameters] ExecutionQuery query, IGrainFactory grains, [Description("1 to 10000")] int limit = 100)
    {
        if (limit is < 1 or > 10_000)
            return Problems.BadRequest("limit must be 1 to 10000");
        var found = await Grain(grains).ListExecutions(query.Filter, limit);
        return TypedResults.Ok(found.Select(PdExecutionResponse.From).ToImmutableArray());
    }

    private static async Task<Ok<MaterializeResponse>> MaterializeAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var last = new MaterializeProgress(0, 0, []);
        await foreach (var progress in grains.GetGrain<IPdExecutionGrain>(0).Materialize(cancellationToken))
            last = progress;
        return TypedResults.Ok(new MaterializeResponse(
            last.Materialized, last.Skipped, last.SkippedEvents.Select(s => new SkippedEventResponse(s.EventId, s.Reason)).ToImmutableArray()));
    }
}

/// <summary>Which executions.</summary>
public sealed record ExecutionQuery(
    [property: Description("The first instant of completion")] DateTimeOffset? Since,
    DateTimeOffset? Until,
    [property: Description("success or failure")] string? Status,
    string? Organization,
    string? Qhin)
{
    internal ExecutionFilter Filter => new(Since, Until, Status?.ToLowerInvariant(), Organization, Qhin);
}

/// <summary>One execution.</summary>
public sealed record PdExecutionResponse(
    [property: JsonPropertyName("executionId")] string ExecutionId,
    [property: JsonPropertyName("startedAt")] DateTimeOffset StartedAt,
    [property: JsonPropertyName("completedAt")] DateTimeOffset CompletedAt,
    [property: JsonPropertyName("durationMs")] long DurationMs,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("requestCount")] long RequestCount)
{
    internal static PdExecutionResponse From(PdExecution e) =>
        new(e.ExecutionId, e.StartedAt, e.CompletedAt, e.DurationMs, e.Status, e.RequestCount);
}

/// <summary>Over the executions asked for.</summary>
public sealed record PdSummaryResponse(
    [property: JsonPropertyName("totalExecutions")] long TotalExecutions,
    [property: JsonPropertyName("successCount")] long SuccessCount,
    [property: JsonPropertyName("failureCount")] long FailureCount,
    [property: JsonPropertyName("averageDurationMs")] long AverageDurationMs,
    [property: JsonPropertyName("p50DurationMs")] long? P50DurationMs,
    [property: JsonPropertyName("p95DurationMs")] long? P95DurationMs,
    [property: JsonPropertyName("byOrganization")] ImmutableArray<PdBreakdownResponse> ByOrganization,
    [property: JsonPropertyName("byQhin")] ImmutableArray<PdBreakdownResponse> ByQhin)
{
    internal static PdSummaryResponse From(PdSummary s) => new(
        s.TotalExecutions,
        s.SuccessCount,
        s.FailureCount,
        s.AverageDurationMs,
        s.P50DurationMs,
        s.P95DurationMs,
        [.. s.ByOrganization.Select(PdBreakdownResponse.From)],
        [.. s.ByQhin.Select(PdBreakdownResponse.From)]);
}

/// <summary>The part of one organization or QHIN; its name is null where events did not say.</summary>
public sealed record PdBreakdownResponse(
    [property: JsonPropertyName("name")] string? Name,
    [property: JsonPropertyName("totalExecutions")] long TotalExecutions,
    [property: JsonPropertyName("successCount")] long SuccessCount,
    [property: JsonPropertyName("failureCount")] long FailureCount,
    [property: JsonPropertyName("averageDurationMs")] long AverageDurationMs)
{
    internal static PdBreakdownResponse From(PdBreakdown b) =>
        new(b.Name, b.TotalExecutions, b.SuccessCount, b.FailureCount, b.AverageDurationMs);
}

/// <summary>How a rebuild went: what lacks something is counted, and the first of it named.</summary>
public sealed record MaterializeResponse(
    [property: JsonPropertyName("materialized")] long Materialized,
    [property: JsonPropertyName("skipped")] long Skipped,
    [property: JsonPropertyName("skippedEvents")] ImmutableArray<SkippedEventResponse> SkippedEvents);

/// <summary>An event that made no execution, and why.</summary>
public sealed record SkippedEventResponse([property: JsonPropertyName("eventId")] string EventId, [property: JsonPropertyName("reason")] string Reason);
