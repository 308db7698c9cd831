using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Interop.Access;
using Interop.Anomaly;
using Interop.Api.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Interop.Api.Anomaly;

/// <summary>Alerts, and what operators decide about them.</summary>
public static class AlertEndpoints
{
    private const int MostAlerts = 1_000;
    private static readonly TimeSpan StreamPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

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
            .WithExample(AlertExamples.Alerts)
            .WithSummary("Stored events with their scores, the newest first");
        alerts
            .MapGet("/stream", StreamAsync)
            .WithName("StreamAlerts")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .WithExample(AlertExamples.Stream, contentType: "text/event-stream")
            .WithSummary("New MEDIUM and HIGH alerts as text/event-stream");
        alerts
            .MapGet("/{id}", FindAsync)
            .WithName("GetAlert")
            .WithExample(AlertExamples.Detail)
            .WithSummary("One alert with its event and features")
            .ProducesProblem(StatusCodes.Status404NotFound);
        alerts
            .MapPost("/{id}/feedback", FeedbackAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("GiveFeedback")
            .WithSummary("Confirm or dismiss an alert")
            .ProducesProblem(StatusCodes.Status404NotFound);

        var suppressions = routes.MapGroup("/api/suppressions").WithTags("Alerts").RequireRole(AccessRole.Viewer);
        suppressions
            .MapGet("/", async (IGrainFactory grains) => TypedResults.Ok(await grains.GetQuery<IAlertQueryGrain>().ListSuppressions()))
            .WithName("ListSuppressions")
            .WithExample(AlertExamples.Suppressions)
            .WithSummary("Suppressions that have not ended");
        suppressions
            .MapPost("/", SuppressAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("Suppress")
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
        return TypedResults.Ok(new AlertsResponse([.. alerts.Select(AlertResponse.Of)], alerts.Length, time.GetUtcNow()));
    }

    private static async Task<Results<Ok<AlertDetailResponse>, ProblemHttpResult>> FindAsync(string id, IGrainFactory grains) =>
        await grains.GetQuery<IAlertQueryGrain>().Find(id) is { } found
            ? TypedResults.Ok(new AlertDetailResponse(AlertResponse.Of(found.Alert), found.Features, found.Event))
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
        if (request.Until is not { } until || until <= time.GetUtcNow())
            return Problems.BadRequest("until must be an instant in the future");
        return TypedResults.Ok(
            await grains.GetGrain<IAlertDeskGrain>(0).Suppress(request.Agent, request.Action, request.ReasonClass, until)
        );
    }

    private static async Task StreamAsync(HttpContext http, IGrainFactory grains, TimeProvider time, IOptions<JsonOptions> json)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        await http.Response.Body.FlushAsync(http.RequestAborted);
        var after = time.GetUtcNow();
        var sent = time.GetUtcNow();
        try
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                var alerts = await grains
                    .GetQuery<IAlertQueryGrain>()
                    .List(new AlertFilter(null, null, null, null, null, null, 200, after));
                foreach (var alert in alerts)
                {
                    await http.Response.WriteAsync(
                        $"id: {alert.Id}\nevent: alert\ndata: {JsonSerializer.Serialize(AlertResponse.Of(alert), json.Value.SerializerOptions)}\n\n",
                        http.RequestAborted
                    );
                    after = alert.StoredAt > after ? alert.StoredAt : after;
                }

                if (alerts.Length == 0 && time.GetUtcNow() - sent >= KeepAlive)
                    await http.Response.WriteAsync(": waiting\n\n", http.RequestAborted);
                if (alerts.Length > 0 || time.GetUtcNow() - sent >= KeepAlive)
                {
                    await http.Response.Body.FlushAsync(http.RequestAborted);
                    sent = time.GetUtcNow();
                }

                await Task.Delay(StreamPause, time, http.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The reader has gone.
        }
    }
}
