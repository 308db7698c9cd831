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

/// <summary>Alerts, and what operators decide about them.</summary>
public static class AlertEndpoints
{
    private const int MostAlerts = 1_000;
    private static readonly string[] ReasonClasses =
    [
        "snooping",
        "credential_misuse",
        "exfiltration",
        "off_hours",
        "privilege",
        "brute_force",
        "normal",
    ];

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        var alerts = routes
            .MapGroup("/api/alerts")
            .WithTags("Alerts")
            .RequireRole(AccessRole.Viewer)
            .ProducesProblem(StatusCodes.Status400BadRequest);
        alerts
            .MapGet("/", ListAsync)
            .WithName("ListAlerts")
            .Audited(AuditAction.Query)
            .WithExample(AlertExamples.Alerts)
            .WithSummary("Stored events with their scores, the newest first");
        alerts
            .MapGet("/stream", AlertStream.WriteAsync)
            .WithName("StreamAlerts")
            .Audited(AuditAction.Query)
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .WithExample(AlertExamples.Stream, contentType: "text/event-stream")
            .WithSummary("New MEDIUM and HIGH alerts as text/event-stream; Last-Event-ID goes on after that event");
        alerts
            .MapGet("/{id}", FindAsync)
            .WithName("GetAlert")
            .Audited(AuditAction.Read)
            .WithExample(AlertExamples.Detail)
            .WithSummary("One alert with its event and features")
            .ProducesProblem(StatusCodes.Status404NotFound);
        alerts
            .MapPost("/{id}/feedback", FeedbackAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("GiveFeedback")
            .Audited(AuditAction.Update)
            .WithSummary("Confirm or dismiss an alert")
            .ProducesProblem(StatusCodes.Status404NotFound);

        var suppressions = routes.MapGroup("/api/suppressions").WithTags("Alerts").RequireRole(AccessRole.Viewer);
        suppressions
            .MapGet("/", async (IGrainFactory grains) => TypedResults.Ok(await grains.GetQuery<IAlertQueryGrain>().ListSuppressions()))
            .WithName("ListSuppressions")
            .NotAudited("rules of operators, no patient data")
            .WithExample(AlertExamples.Suppressions)
            .WithSummary("Suppressions that have not ended");
        suppressions
            .MapPost("/", SuppressAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("Suppress")
            .Audited(AuditAction.Create)
            .WithExample(AlertExamples.Suppression)
            .WithSummary("Keep alerts of a pattern back for a time")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Results<Ok<AlertsResponse>, ProblemHttpResult>> ListAsync(
        IGrainFactory grains,
        TimeProvider time,
        string? severity = null,
        DateTimeOffset? since = null,
        DateTimeOffset? until = null,
        string? source = null,
        string? agent = null,
        string? status = null,
        [Range(1, MostAlerts)] int limit = 50
    )
    {
        severity = severity?.ToUpperInvariant();
        if (severity is not (null or "LOW" or "MEDIUM" or "HIGH"))
            return Problems.BadRequest($"severity must be LOW, MEDIUM or HIGH, not '{severity}'");
        if (status is not (null or "open" or "confirmed" or "dismissed" or "suppressed"))
            return Problems.BadRequest($"status must be open, confirmed, dismissed or suppressed, not '{status}'");
        var alerts = await grains.GetQuery<IAlertQueryGrain>().List(new AlertFilter(severity, since, until, source, agent, status, limit));
        return TypedResults.Ok(AlertsResponse.Of(alerts, time.GetUtcNow()));
    }

    private static async Task<Results<Ok<AlertResponse>, ProblemHttpResult>> FindAsync(string id, IGrainFactory grains) =>
        await grains.GetQuery<IAlertQueryGrain>().Find(id) is { } found
            ? TypedResults.Ok(AlertResponse.Of(found))
            : Problems.NotFound($"No alert {id}");

    private static async Task<Results<NoContent, ProblemHttpResult>> FeedbackAsync(string id, FeedbackRequest request, IGrainFactory grains)
    {
        if (request.Verdict is not ("confirmed" or "dismissed"))
            return Problems.BadRequest($"verdict must be confirmed or dismissed, not '{request.Verdict}'");
        var verdict = request.Verdict == "confirmed" ? AlertVerdict.Confirmed : AlertVerdict.Dismissed;
        return await grains.GetGrain<IAlertDeskGrain>(0).GiveFeedback(id, verdict, request.Reason)
            ? TypedResults.NoContent()
            : Problems.NotFound($"No alert {id}");
    }

    private static async Task<Results<Ok<Suppression>, ProblemHttpResult>> SuppressAsync(
        SuppressionRequest request,
        IGrainFactory grains,
        TimeProvider time
    )
    {
        if (request is { Agent: null, Action: null, ReasonClass: null })
            return Problems.BadRequest(
                "a suppression needs at least one of agent, action and reason_class: without them it would keep every alert back"
            );
        if (request.ReasonClass is { } named && !ReasonClasses.Contains(named))
            return Problems.BadRequest($"reason_class must be one of {string.Join(", ", ReasonClasses)}, not '{named}'");
        if (request.Until is not { } until || until <= time.GetUtcNow())
            return Problems.BadRequest("until must be an instant in the future");
        return TypedResults.Ok(
            await grains.GetGrain<IAlertDeskGrain>(0).Suppress(request.Agent, request.Action, request.ReasonClass, until)
        );
    }
}
