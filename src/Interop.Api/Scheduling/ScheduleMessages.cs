using Interop.Scheduling;

namespace Interop.Api.Scheduling;

/// <param name="Cron">A Quartz cron expression.</param>
/// <param name="Next">The next firing; null: the job is paused or not enabled.</param>
/// <param name="Last">The last firing.</param>
/// <param name="LastStatus">The status of its run, or SKIPPED: a run of the same source and type was active.</param>
public sealed record ScheduleResponse(
    string Job,
    string Source,
    string ResourceType,
    string Cron,
    string TimeZone,
    bool Enabled,
    bool Paused,
    DateTimeOffset? Next,
    DateTimeOffset? Last,
    long? LastRunId,
    string? LastStatus,
    string? LastError
)
{
    internal static ScheduleResponse Of(ScheduleStatus s) =>
        new(
            s.Job,
            s.Source,
            s.ResourceType,
            s.Cron,
            s.TimeZone,
            s.Enabled,
            s.Paused,
            s.Next,
            s.Last,
            s.LastRunId,
            s.LastStatus,
            s.LastError
        );
}
