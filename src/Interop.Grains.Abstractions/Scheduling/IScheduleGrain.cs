namespace Interop.Scheduling;

/// <summary>
/// A scheduled job; the key is the job's name in the settings (<c>Schedules:NAME</c>). A reminder fires it, so one silo of the cluster
/// does. A firing that was missed while no silo ran is caught up once.
/// </summary>
[Alias("Interop.IScheduleGrain")]
public interface IScheduleGrain : IGrainWithStringKey
{
    /// <summary>Fires the job when it is due, records the state of its run, and sets the reminder. Called at the start of a silo.</summary>
    [Alias("Refresh")]
    Task Refresh();

    /// <summary>Starts the job now, also when it is paused or not enabled. Null: the settings have no such job.</summary>
    [Alias("RunNow")]
    Task<ScheduleFiring?> RunNow();

    /// <summary>Pauses the job, or lets it fire again. Firings that were missed during the pause are not caught up. Null: the settings have
    /// no such job.</summary>
    [Alias("SetPaused")]
    Task<ScheduleStatus?> SetPaused(bool paused);

    /// <summary>Null: the settings have no such job.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<ScheduleStatus?> GetStatus();
}

/// <summary>A job, when it fires, and how its last run ended.</summary>
/// <param name="Cron">A Quartz cron expression, such as <c>0 10 * * * ?</c>.</param>
/// <param name="TimeZone">The time zone of the expression.</param>
/// <param name="Next">The next firing; null: none, the job is paused or not enabled.</param>
/// <param name="Last">The last firing, by the schedule or by a call.</param>
/// <param name="LastRunId">The run of the last firing; null: none was started.</param>
/// <param name="LastStatus">A status of <see cref="Interop.Ingestion.RunStatus"/>; <c>SKIPPED</c>: a run of the same source and type was
/// active; null: the job has not fired.</param>
/// <param name="LastError">Why the last firing failed or was skipped.</param>
[GenerateSerializer, Immutable, Alias("Interop.ScheduleStatus")]
public sealed record ScheduleStatus(
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
    /// <summary>The job did not start a run, because one of the same source and type was active.</summary>
    public const string Skipped = "SKIPPED";
}

/// <summary>The result of an attempt to start a job.</summary>
/// <param name="Problem">Why no run was started; null: <see cref="ScheduleStatus.LastRunId"/> of <paramref name="Status"/> was.</param>
[GenerateSerializer, Immutable, Alias("Interop.ScheduleFiring")]
public sealed record ScheduleFiring(ScheduleStatus Status, string? Problem);
