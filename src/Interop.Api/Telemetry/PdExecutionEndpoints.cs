using System.Collections.Immutable;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Telemetry;

/// <summary>The results of patient discovery requests, derived from telemetry.</summary>
public static class PdExecutionEndpoints
{
    private const int PageSize = 1_000;
    private const int MaxLimit = 10_000;

    public static void MapPdExecutions(this IEndpointRouteBuilder routes)
    {
        var executions = routes.MapGroup("/api/pd-executions").WithTags("PD executions").RequireRole(AccessRole.Viewer);
        executions
            .MapGet("/", ListAsync)
            .WithName("ListPdExecutions")
            .Audited(AuditAction.Query)
            .WithSummary("List all executions, the latest completed first; with limit, in pages")
            .WithValues("status", "success", "failure")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithExample(TelemetryExamples.Executions);
        executions
            .MapGet(
                "/summary",
                async ([AsParameters] ExecutionQuery query, IGrainFactory grains) =>
                    TypedResults.Ok(PdSummaryResponse.From(await Grain(grains).SummarizeExecutions(query.Filter)))
            )
            .WithName("SummarizePdExecutions")
            .NotAudited("counters, no patient data")
            .WithSummary("Summarize executions: counts, averages and percentiles")
            .WithValues("status", "success", "failure")
            .WithExample(TelemetryExamples.Summary);
        executions
            .MapPost("/materialize", MaterializeAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("MaterializePdExecutions")
            .Audited(AuditAction.Execute)
            .WithSummary("Rebuild the executions from the events; a repetition changes nothing")
            .WithExample(TelemetryExamples.Materialized);
    }

    private static ITelemetryQueryGrain Grain(IGrainFactory grains) => grains.GetQuery<ITelemetryQueryGrain>();

    private static async Task<Results<Ok<IAsyncEnumerable<PdExecutionResponse>>, ProblemHttpResult>> ListAsync(
        HttpContext http,
        [AsParameters] ExecutionQuery query,
        IGrainFactory grains,
        [Description("The largest number of executions, 1 to 10,000; without it, all executions")] int? limit,
        [Description("The cursor of the Link header of the previous page")] string? cursor
    )
    {
        if (limit is < 1 or > MaxLimit)
            return Problems.BadRequest($"limit must be 1 to {MaxLimit}");
        ExecutionPosition? after = null;
        if (cursor is not null && (after = ExecutionCursor.Read(cursor)) is null)
            return Problems.BadRequest("cursor is not one of a Link header");

        if (limit is not { } most)
            return TypedResults.Ok(ReadAllAsync(Grain(grains), query.Filter, after, http.RequestAborted));
        var page = new List<PdExecution>();
        await foreach (var execution in ReadAsync(Grain(grains), query.Filter, after, most, http.RequestAborted))
            page.Add(execution);
        if (page.Count == most)
            http.Response.Headers.Link = NextPage.Link(http.Request, ExecutionCursor.Write(page[^1]));
        return TypedResults.Ok(page.Select(PdExecutionResponse.From).ToAsyncEnumerable());
    }

    private static async IAsyncEnumerable<PdExecutionResponse> ReadAllAsync(
        ITelemetryQueryGrain grain,
        ExecutionFilter filter,
        ExecutionPosition? after,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var execution in ReadAsync(grain, filter, after, long.MaxValue, cancellationToken))
            yield return PdExecutionResponse.From(execution);
    }

    private static async IAsyncEnumerable<PdExecution> ReadAsync(
        ITelemetryQueryGrain grain,
        ExecutionFilter filter,
        ExecutionPosition? after,
        long most,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (most > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = (int)Math.Min(most, PageSize);
            var page = await grain.ReadExecutions(filter, after, size);
            foreach (var execution in page)
                yield return execution;
            if (page.Length < size)
                yield break;
            most -= size;
            after = new ExecutionPosition(page[^1].CompletedAt, page[^1].ExecutionId);
        }
    }

    private static async Task<Ok<MaterializeResponse>> MaterializeAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var last = new MaterializeProgress(0, 0, []);
        await foreach (var progress in grains.GetGrain<IPdExecutionGrain>(0).Materialize(cancellationToken))
            last = progress;
        return TypedResults.Ok(
            new MaterializeResponse(
                last.Materialized,
                last.Skipped,
                last.SkippedEvents.Select(s => new SkippedEventResponse(s.EventId, s.Reason)).ToImmutableArray()
            )
        );
    }
}

/// <summary>Which executions.</summary>
public sealed record ExecutionQuery(
    [property: Description("The earliest time of completion")] [FromQuery(Name = "since")] DateTimeOffset? Since,
    [property: Description("The latest time of completion")] [FromQuery(Name = "until")] DateTimeOffset? Until,
    [property: Description("success or failure")] [FromQuery(Name = "status")] string? Status,
    [property: Description("Only executions of this organization")] [FromQuery(Name = "organization")] string? Organization,
    [property: Description("Only executions of this QHIN")] [FromQuery(Name = "qhin")] string? Qhin
)
{
    internal ExecutionFilter Filter => new(Since, Until, Status?.ToLowerInvariant(), Organization, Qhin);
}

/// <summary>One execution: the message <see cref="PdExecution"/> with the names of the documented system.</summary>
public sealed record PdExecutionResponse(
    [property: JsonPropertyName("executionId")] string ExecutionId,
    [property: JsonPropertyName("startedAt")] DateTimeOffset StartedAt,
    [property: JsonPropertyName("completedAt")] DateTimeOffset CompletedAt,
    [property: JsonPropertyName("durationMs")] long DurationMs,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("requestCount")] long RequestCount
)
{
    internal static PdExecutionResponse From(PdExecution e) =>
        new(e.ExecutionId, e.StartedAt, e.CompletedAt, e.DurationMs, e.Status, e.RequestCount);
}

/// <summary>
/// The summary of the selected executions: the message <see cref="PdSummary"/> with the names of the documented system. Durations are in
/// milliseconds.
/// </summary>
public sealed record PdSummaryResponse(
    [property: JsonPropertyName("totalExecutions")] long TotalExecutions,
    [property: JsonPropertyName("successCount")] long SuccessCount,
    [property: JsonPropertyName("failureCount")] long FailureCount,
    [property: JsonPropertyName("averageDurationMs")] long AverageDurationMs,
    [property: JsonPropertyName("p50DurationMs")] long? P50DurationMs,
    [property: JsonPropertyName("p95DurationMs")] long? P95DurationMs,
    [property: JsonPropertyName("byOrganization")] ImmutableArray<PdBreakdownResponse> ByOrganization,
    [property: JsonPropertyName("byQhin")] ImmutableArray<PdBreakdownResponse> ByQhin
)
{
    internal static PdSummaryResponse From(PdSummary s) =>
        new(
            s.TotalExecutions,
            s.SuccessCount,
            s.FailureCount,
            s.AverageDurationMs,
            s.P50DurationMs,
            s.P95DurationMs,
            [.. s.ByOrganization.Select(PdBreakdownResponse.From)],
            [.. s.ByQhin.Select(PdBreakdownResponse.From)]
        );
}

/// <summary>
/// The summary of one organization or QHIN: the message <see cref="PdBreakdown"/> with the names of the documented system. Its name is
/// null for events that name none.
/// </summary>
public sealed record PdBreakdownResponse(
    [property: JsonPropertyName("name")] string? Name,
    [property: JsonPropertyName("totalExecutions")] long TotalExecutions,
    [property: JsonPropertyName("successCount")] long SuccessCount,
    [property: JsonPropertyName("failureCount")] long FailureCount,
    [property: JsonPropertyName("averageDurationMs")] long AverageDurationMs
)
{
    internal static PdBreakdownResponse From(PdBreakdown b) =>
        new(b.Name, b.TotalExecutions, b.SuccessCount, b.FailureCount, b.AverageDurationMs);
}

/// <summary>
/// The result of a rebuild: the last <see cref="MaterializeProgress"/> with the names of the documented system. Events that lack a value
/// are counted, and the first 100 are named.
/// </summary>
public sealed record MaterializeResponse(
    [property: JsonPropertyName("materialized")] long Materialized,
    [property: JsonPropertyName("skipped")] long Skipped,
    [property: JsonPropertyName("skippedEvents")] ImmutableArray<SkippedEventResponse> SkippedEvents
);

/// <summary>The message <see cref="SkippedEvent"/> with the names of the documented system.</summary>
public sealed record SkippedEventResponse(
    [property: JsonPropertyName("eventId")] string EventId,
    [property: JsonPropertyName("reason")] string Reason
);
