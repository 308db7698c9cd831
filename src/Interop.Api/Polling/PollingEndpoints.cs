using System.Text;
using System.Xml;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Anomaly;
using Interop.Api.Http;
using Interop.Polling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Polling;

/// <summary>Pollers of AuditEvents, and events that a server sends by itself.</summary>
public static class PollingEndpoints
{
    private const int MostSeconds = 86_400;
    private const int MostBatch = 1_000;

    public static void MapPolling(this IEndpointRouteBuilder routes)
    {
        var pollers = routes
            .MapGroup("/api/pollers")
            .WithTags("Polling")
            .RequireRole(AccessRole.Viewer)
            .ProducesProblem(StatusCodes.Status404NotFound);
        pollers
            .MapGet("/", ListAsync)
            .WithName("ListPollers")
            .NotAudited("settings and progress, no patient data")
            .WithExample(PollingExamples.Pollers)
            .WithSummary("All pollers and how far they are");
        pollers
            .MapGet("/{source}", FindAsync)
            .WithName("GetPoller")
            .NotAudited("settings and progress, no patient data")
            .WithExample(PollingExamples.Poller)
            .WithSummary("One poller");
        pollers
            .MapPost("/{source}/start", StartAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("StartPoller")
            .Audited(AuditAction.Update)
            .WithExample(PollingExamples.Poller)
            .WithSummary("Start polling; it survives a restart");
        pollers
            .MapPost("/{source}/stop", StopAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("StopPoller")
            .Audited(AuditAction.Update)
            .WithExample(PollingExamples.Poller)
            .WithSummary("Stop polling; it survives a restart");
        pollers
            .MapPost("/{source}/poll", PollAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("Poll")
            .Audited(AuditAction.Execute)
            .WithExample(PollingExamples.Polled)
            .WithExample(PollingExamples.Poller, StatusCodes.Status202Accepted)
            .WithSummary("Poll now and wait for the end; 202: it takes longer and goes on")
            .ProducesProblem(StatusCodes.Status502BadGateway);
        pollers
            .MapPut("/{source}", ConfigureAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("ConfigurePoller")
            .Audited(AuditAction.Update)
            .WithExample(PollingExamples.Poller)
            .WithSummary("Change interval, batch, type or since")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        routes
            .MapPost("/fhir/notify", NotifyAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Polling")
            .WithName("Notify")
            .Audited(AuditAction.Import)
            .WithExample(AlertExamples.Alert)
            .WithSummary("An AuditEvent (its alert is returned) or a Bundle of them (an alert each), scored at once")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<IReadOnlyList<PollerResponse>>> ListAsync(IGrainFactory grains)
    {
        var sources = await grains.GetQuery<IPollerQueryGrain>().ListSources();
        var all = await Task.WhenAll(sources.Select(s => grains.GetGrain<IAuditEventPollerGrain>(s).GetStatus()));
        return TypedResults.Ok<IReadOnlyList<PollerResponse>>([.. all.Where(s => s is not null).Select(s => PollerResponse.Of(s!))]);
    }

    private static async Task<Results<Ok<PollerResponse>, ProblemHttpResult>> FindAsync(string source, IGrainFactory grains) =>
        await grains.GetGrain<IAuditEventPollerGrain>(source).GetStatus() is { } status
            ? TypedResults.Ok(PollerResponse.Of(status))
            : Unknown(source);

    private static async Task<Results<Ok<PollerResponse>, ProblemHttpResult>> StartAsync(string source, IGrainFactory grains) =>
        await grains.GetGrain<IAuditEventPollerGrain>(source).Start() ? await FindAsync(source, grains) : Unknown(source);

    private static async Task<Results<Ok<PollerResponse>, ProblemHttpResult>> StopAsync(string source, IGrainFactory grains) =>
        await grains.GetGrain<IAuditEventPollerGrain>(source).Stop() ? await FindAsync(source, grains) : Unknown(source);

    private static async Task<Results<Ok<PollResponse>, Accepted<PollerResponse>, ProblemHttpResult>> PollAsync(
        string source,
        IGrainFactory grains
    )
    {
        var poller = grains.GetGrain<IAuditEventPollerGrain>(source);
        if (await poller.GetStatus() is not { } status)
            return Unknown(source);
        try
        {
            var result = await poller.Poll();
            return result.Error is null
                ? TypedResults.Ok(new PollResponse(result.Stored, result.Known, result.Pages))
                : Problems.BadGateway(result.Error);
        }
        catch (TimeoutException)
        {
            return TypedResults.Accepted($"/api/pollers/{source}", PollerResponse.Of(await poller.GetStatus() ?? status));
        }
    }

    private static async Task<Results<Ok<PollerResponse>, ProblemHttpResult>> ConfigureAsync(
        string source,
        PollerRequest request,
        IGrainFactory grains,
        TimeProvider time
    )
    {
        if (request.Interval is < 1 or > MostSeconds)
            return Problems.BadRequest($"interval must be from 1 to {MostSeconds} seconds, not {request.Interval}");
        if (request.Batch is < 1 or > MostBatch)
            return Problems.BadRequest($"batch must be from 1 to {MostBatch}, not {request.Batch}");
        if (request.Type is { } type && (type.Length is 0 or > 64 || !type.All(char.IsAsciiLetter)))
            return Problems.BadRequest($"type must be a FHIR resource type, not '{type}'");
        DateTimeOffset? since = null;
        if (request.Since is { } text && (since = ParseSince(text, time.GetUtcNow())) is null)
            return Problems.BadRequest($"since must be an instant such as 2026-01-31T08:00:00Z or a duration such as P30D, not '{text}'");
        if (await grains.GetGrain<IAuditEventPollerGrain>(source).GetStatus() is not { } before)
            return Unknown(source);
        if (since is not null && before.Watermark is not null && request.Reset is not true)
            return Problems.BadRequest("since counts only before the first poll: send reset: true to read again from there");
        var change = new PollerChange(
            request.Interval is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            request.Batch,
            request.Type,
            since,
            request.Reset ?? false
        );
        return await grains.GetGrain<IAuditEventPollerGrain>(source).Configure(change) is { } status
            ? TypedResults.Ok(PollerResponse.Of(status))
            : Unknown(source);
    }

    private static async Task<Results<Ok<AlertResponse>, Ok<AlertsResponse>, ProblemHttpResult>> NotifyAsync(
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time,
        string source = "default"
    )
    {
        // The platform's own audit trail takes no events from outside.
        if (source == AuditTrail.Source)
            return Unknown(source);
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var result = await grains.GetGrain<IAuditEventPollerGrain>(source).Notify(body);
        if (result.IsUnknownSource)
            return Unknown(source);
        if (result.Problem is { } problem)
            return Problems.BadRequest(problem, ("issues", new[] { new NotifyIssue("error", "invalid", problem) }));
        return result is { IsBundle: false, Alerts: [var alert] }
            ? TypedResults.Ok(AlertResponse.Of(alert))
            : TypedResults.Ok(AlertsResponse.Of(result.Alerts, time.GetUtcNow()));
    }

    private static DateTimeOffset? ParseSince(string text, DateTimeOffset now)
    {
        try
        {
            return text.StartsWith('P') ? now - XmlConvert.ToTimeSpan(text) : XmlConvert.ToDateTimeOffset(text).ToUniversalTime();
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static ProblemHttpResult Unknown(string source) => Problems.NotFound($"No source {source} in the settings");
}
