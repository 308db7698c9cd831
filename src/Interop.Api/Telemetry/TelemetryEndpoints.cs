using System.Buffers;
using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Telemetry;

/// <summary>Taking events in, which is always answered 202 so that no sender repeats itself, and reading them out.</summary>
public static class TelemetryEndpoints
{
    private static readonly byte[] AcceptedAnswer = [.. "{\"accepted\":true}"u8];
    private static readonly byte[] RefusedAnswer = [.. "{\"accepted\":false}"u8];

    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/api/telemetry/events").WithTags("Telemetry").RequireRole(AccessRole.Viewer);
        var intake = routes.ServiceProvider.GetRequiredService<TelemetryIntake>(); // once: a scope for each request would cost more than the rest
        events.MapPost("/", (Delegate)((HttpContext http) => PostAsync(http, intake))).RequireRole(AccessRole.Operator).WithName("PostTelemetry").WithMetadata(new OwnBodyLimit())
            .WithSummary("One event or an array of events; accepted:true means that they are durable")
            .Produces<TelemetryAnswer>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithExample(TelemetryExamples.Accepted, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status503ServiceUnavailable, "there is no room to keep the events: send them again later");
        events.MapGet("/", GetAsync).WithName("ListTelemetry").WithSummary("The original payloads, oldest first; with limit, in pages")
            .Produces<ImmutableArray<JsonText>>().ProducesProblem(StatusCodes.Status400BadRequest).WithExample(TelemetryExamples.Events);
    }

    private static async Task PostAsync(HttpContext http, TelemetryIntake intake)
    {
        var submission = await TelemetryBody.ReadAsync(http);
        if (submission.IsTooLong)
            http.Response.Headers.Connection = "close";
        var outcome = await intake.SubmitAsync(submission);
        if (outcome.Status == SubmissionStatus.NotKept)
        {
            http.Response.Headers.RetryAfter = "5";
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, "Not ready", "there is no room to keep the events: send them again later")
                .ExecuteAsync(http);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        if (outcome.Rejected.Any(r => r.Index is not null))
        {
            await http.Response.WriteAsJsonAsync(new TelemetryAnswer(false, [.. outcome.Rejected]), http.RequestAborted);
            return;
        }

        var answer = outcome.Status == SubmissionStatus.Accepted ? AcceptedAnswer : RefusedAnswer;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = answer.Length;
        http.Response.BodyWriter.Write(answer);
    }

    private static async Task<IResult> GetAsync(
        HttpContext http,
        IGrainFactory grains,
        [Description("The first instant, of the event's own time")] DateTimeOffset? since,
        DateTimeOffset? until,
        [FromQuery(Name = "eventType")] string? eventType,
        string? status,
        string? source,
        string? organization,
        [FromQuery(Name = "correlationId")] string? correlationId,
        [Description("At most so many events; all when absent")] int? limit,
        [Description("From the Link header of the page before")] string? cursor)
    {
        if (limit < 1)
            return Problems.BadRequest("limit must be at least 1");
        var after = 0L;
        if (cursor is not null && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after)))
            return Problems.BadRequest("cursor is not one of a Link header");

        var query = grains.GetQuery<ITelemetryQueryGrain>();
        var filter = new EventFilter(since, until, eventType, status, source, organization, correlationId);
        var range = await query.FindEnd(filter, after, limit);
        if (range.IsFull)
            http.Response.Headers.Link = $"<{NextPage(http.Request, range.Last)}>; rel=\"next\"";
        return TypedResults.Stream(stream => StreamAsync(query, filter, range, stream, http.RequestAborted), "application/json; charset=utf-8");
    }

    private static async Task StreamAsync(
        ITelemetryQueryGrain query, EventFilter filter, EventRange range, Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("["u8.ToArray(), cancellationToken);
        var isFirst = true;
        while (range.After < range.Last)
        {
            var page = await query.ReadEvents(filter, range);
            if (page.Count > 0)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(isFirst ? page.Payloads : "," + page.Payloads), cancellationToken);
                isFirst = false;
            }

            range = range with { After = page.Last };
        }

        await stream.WriteAsync("]"u8.ToArray(), cancellationToken);
    }

    private static string NextPage(HttpRequest request, long last)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != "cursor").SelectMany(q => q.Value, (q, v) => KeyValuePair.Create(q.Key, v ?? "")))
        {
            { "cursor", last.ToString(CultureInfo.InvariantCulture) },
        };
        return UriHelper.BuildRelative(request.PathBase, request.Path, query.ToQueryString());
    }
}

/// <summary>What became of events; the rejected ones only of an array.</summary>
public sealed record TelemetryAnswer(
    bool Accepted,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RejectedEvent>? Rejected = null);
