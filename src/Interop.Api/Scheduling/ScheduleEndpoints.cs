using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Scheduling;

/// <summary>The scheduled jobs of the settings.</summary>
public static class ScheduleEndpoints
{
    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var schedules = routes
            .MapGroup("/schedules")
            .WithTags("Schedules")
            .RequireRole(AccessRole.Viewer)
            .WithErrorExample(StatusCodes.Status404NotFound, "Unknown job 'weekly': it is not in the settings (Schedules:weekly)");
        schedules
            .MapGet("/", ListAsync)
            .WithName("ListSchedules")
            .NotAudited("settings, no patient data")
            .WithExample(ScheduleExamples.Schedules)
            .WithSummary("All jobs, when they fire next, and how their last run ended");
        schedules
            .MapPost("/{job}/run", RunAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("RunSchedule")
            .Audited(AuditAction.Execute)
            .WithExample(ScheduleExamples.Schedule, StatusCodes.Status202Accepted)
            .WithSummary("Start a job now, also when it is paused or not enabled")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        schedules
            .MapPost("/{job}/pause", (string job, IGrainFactory grains) => SetPausedAsync(job, true, grains))
            .RequireRole(AccessRole.Operator)
            .WithName("PauseSchedule")
            .Audited(AuditAction.Update)
            .WithExample(ScheduleExamples.Schedule)
            .WithSummary("Stop firing a job; it survives a restart")
            .ProducesProblem(StatusCodes.Status404NotFound);
        schedules
            .MapPost("/{job}/resume", (string job, IGrainFactory grains) => SetPausedAsync(job, false, grains))
            .RequireRole(AccessRole.Operator)
            .WithName("ResumeSchedule")
            .Audited(AuditAction.Update)
            .WithExample(ScheduleExamples.Schedule)
            .WithSummary("Fire a paused job again; what it missed is not caught up")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<IReadOnlyList<ScheduleStatus>>> ListAsync(IGrainFactory grains)
    {
        var jobs = await grains.ScheduleQueries().ListJobs();
        var all = await Task.WhenAll(jobs.Select(job => grains.Schedule(job).GetStatus()));
        return TypedResults.Ok<IReadOnlyList<ScheduleStatus>>([.. all.OfType<ScheduleStatus>()]);
    }

    private static async Task<Results<Accepted<ScheduleStatus>, ProblemHttpResult>> RunAsync(string job, IGrainFactory grains)
    {
        if (await grains.Schedule(job).RunNow() is not { } firing)
            return Unknown(job);
        return firing.Problem is { } problem
            ? Problems.Conflict($"The job {job} did not start: {problem}")
            : TypedResults.Accepted($"/runs/{firing.Status.LastRunId}", firing.Status);
    }

    private static async Task<Results<Ok<ScheduleStatus>, ProblemHttpResult>> SetPausedAsync(
        string job,
        bool paused,
        IGrainFactory grains
    ) => await grains.Schedule(job).SetPaused(paused) is { } status ? TypedResults.Ok(status) : Unknown(job);

    private static ProblemHttpResult Unknown(string job) =>
        Problems.NotFound($"Unknown job '{job}': it is not in the settings (Schedules:{job})");
}
