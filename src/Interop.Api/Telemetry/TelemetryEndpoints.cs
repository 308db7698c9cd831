using System.Buffers;
using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Telemetry;

/// <summary>Takes telemetry events and lists them. A POST is answered 202 in nearly every case, so that no sender repeats it.</summary>
public static class TelemetryEndpoints
{
    private const string NoRoom = "there is no room to keep the events: send them again later";
    private static readonly byte[] AcceptedAnswer = [.. "{\"accepted\":true}"u8];
    private static readonly byte[] RefusedAnswer = [.. "{\"accepted\":false}"u8];

    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/api/telemetry/events").WithTags("Telemetry").RequireRole(AccessRole.Viewer);
        // Once: a service scope per request would cost more than the rest
        var intake = routes.ServiceProvider.GetRequiredService<TelemetryIntake>();
        events
            .MapPost("/", (Delegate)((HttpContext http) => PostAsync(http, intake)))
            .RequireRole(AccessRole.Operator)
            .WithName("PostTelemetry")
            .NotAudited("every event is kept with what it says of its sender")
            .WithMetadata(new OwnBodyLimit(), new OwnNulCheck())
            .WithSummary("Accept an event or an array of events; accepted:true means that they are durable")
            .WithRequestBody(
                typeof(TelemetryEventRequest),
                "An event in the flat or the nested shape, or an array of at most 10,000 events, up to 1 MiB. eventId and eventType are required; all other members are optional, and every member is stored.",
                TelemetryExamples.FlatEvent,
                TelemetryExamples.NestedEvent,
                $"[{TelemetryExamples.FlatEvent}]"
            )
            .Produces<TelemetryAnswer>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithExample(TelemetryExamples.Accepted, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status503ServiceUnavailable, NoRoom);
        events
            .MapGet("/", GetAsync)
            .WithName("ListTelemetry")
            .Audited(AuditAction.Export)
            .WithSummary("List the original payloads, oldest first; with limit, in pages")
            .Produces<ImmutableArray<JsonText>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithExample(TelemetryExamples.Events);
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
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, "Not ready", NoRoom).ExecuteAsync(http);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        if (outcome.Rejected.Any(r => r.Index is not null))
        {
            int? count = outcome.RejectedCount > outcome.Rejected.Length ? outcome.RejectedCount : null;
            await http.Response.WriteAsJsonAsync(new TelemetryAnswer(false, [.. outcome.Rejected], count), http.RequestAborted);
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
        [Description("The earliest time of an event, by its own timestamp")] DateTimeOffset? since,
        [Description("The latest time of an event, by its own timestamp")] DateTimeOffset? until,
        [FromQuery(Name = "eventType"), Description("Only events of this type")] string? eventType,
        [Description("Only events with this status")] string? status,
        [Description("Only events of this source system")] string? source,
        [Description("Only events of this organization")] string? organization,
        [FromQuery(Name = "correlationId"), Description("Only events with this correlation id or correlated request id")]
            string? correlationId,
        [Description("The largest number of events; without it, all events")] int? limit,
        [Description("The cursor of the Link header of the previous page")] string? cursor
    )
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
            http.Response.Headers.Link = NextPage.Link(http.Request, range.Last.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Stream(
            stream => StreamAsync(query, filter, range, stream, http.RequestAborted),
            "application/json; charset=utf-8"
        );
    }

    private static async Task StreamAsync(
        ITelemetryQueryGrain query,
        EventFilter filter,
        EventRange range,
        Stream stream,
        CancellationToken cancellationToken
    )
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
}

/// <summary>The known members of an event in the flat shape. In the nested shape they are members of objects; other members are stored
/// too.</summary>
public sealed record TelemetryEventRequest(
    [property: JsonPropertyName("eventId"), Required, Description("Identifies the event; the same id with other content is rejected")]
        string EventId,
    [property: JsonPropertyName("eventType"), Required, Description("Such as pd.request.completed")] string EventType,
    [property: JsonPropertyName("timestampUtc")] DateTimeOffset? TimestampUtc = null,
    [property: JsonPropertyName("source")] string? Source = null,
    [property: JsonPropertyName("protocol")] string? Protocol = null,
    [property: JsonPropertyName("interactionId")] string? InteractionId = null,
    [property: JsonPropertyName("organization")] string? Organization = null,
    [property: JsonPropertyName("qhin")] string? Qhin = null,
    [property: JsonPropertyName("environment")] string? Environment = null,
    [property: JsonPropertyName("status")] string? Status = null,
    [property: JsonPropertyName("durationMs")] long? DurationMs = null,
    [property: JsonPropertyName("resultCount")] long? ResultCount = null,
    [property: JsonPropertyName("correlationId")] string? CorrelationId = null
);

/// <summary>The answer to a POST.</summary>
/// <param name="Accepted">Whether every event is durable.</param>
/// <param name="Rejected">Of an array: the first 1,000 elements that were not accepted.</param>
/// <param name="RejectedCount">How many elements were not accepted, if the list does not have them all.</param>
public sealed record TelemetryAnswer(
    bool Accepted,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RejectedEvent>? Rejected = null,
    [property: JsonPropertyName("rejectedCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? RejectedCount = null
);
