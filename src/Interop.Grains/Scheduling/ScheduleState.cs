using System.Globalization;
using Interop.Ingestion;

namespace Interop.Scheduling;

/// <summary>The stored state of a job: a versioned document in the grain storage.</summary>
[GenerateSerializer, Alias("Interop.ScheduleState")]
internal sealed class ScheduleState
{
    /// <summary>The version of this document's form.</summary>
    [Id(0)]
    public int Version { get; set; } = 1;

    /// <summary>An operator has paused the job.</summary>
    [Id(1)]
    public bool Paused { get; set; }

    /// <summary>The job is due at its first instant after this one. Null while it does not fire.</summary>
    [Id(2)]
    public DateTimeOffset? From { get; set; }

    /// <summary>The cron expression and time zone that <see cref="From"/> belongs to.</summary>
    [Id(3)]
    public string? Times { get; set; }

    /// <summary>The last firing.</summary>
    [Id(4)]
    public DateTimeOffset? FiredAt { get; set; }

    /// <summary>The trigger of a firing whose run has not been started yet: a crash between the two must not lose it.</summary>
    [Id(5)]
    public string? Pending { get; set; }

    /// <summary>The run of the last firing.</summary>
    [Id(6)]
    public long? RunId { get; set; }

    /// <summary>Its status, as last seen.</summary>
    [Id(7)]
    public string? Status { get; set; }

    /// <summary>Why the last firing failed or was skipped.</summary>
    [Id(8)]
    public string? Error { get; set; }

    /// <summary>A message for the webhook that has not been delivered yet.</summary>
    [Id(9)]
    public string? Alert { get; set; }

    /// <summary>How often its delivery was tried.</summary>
    [Id(10)]
    public int AlertAttempts { get; set; }

    public bool IsRunning => Status is not null && RunStatus.IsActive(Status);

    /// <summary>Whether the job has work besides its next firing.</summary>
    public bool IsBusy => Pending is not null || IsRunning || Alert is not null;

    /// <summary>The reason why a new firing must wait.</summary>
    public string Busy =>
        IsRunning ? $"its run {RunId} is active"
        : Pending is not null ? "a firing is being started"
        : "the failure of its last firing is being posted";

    /// <summary>Brings the state in line with the settings; returns whether it changed. A job that begins to fire has missed
    /// nothing.</summary>
    public bool Adopt(ScheduledJob job, DateTimeOffset now)
    {
        var before = (From, Times);
        if (!job.Options.Enabled || Paused)
            From = null;
        else if (From is null || Times != job.Times)
            From = now;
        Times = job.Times;
        return before != (From, Times);
    }

    /// <summary>The next firing; null: there is none.</summary>
    public DateTimeOffset? NextOf(ScheduledJob job) => From is { } from ? job.NextAfter(from) : null;

    public void Fire(string trigger, DateTimeOffset now)
    {
        (Pending, FiredAt, RunId, Status, Error) = (trigger, now, null, null, null);
        // All missed instants together are one firing.
        From = From is null ? null : now;
    }

    /// <summary>Records the result of the attempt to start the run.</summary>
    public void Started(ScheduledJob job, StartRunResult result)
    {
        Pending = null;
        switch (result.Outcome)
        {
            case StartOutcome.Started:
                (RunId, Status) = (result.RunId, result.Status);
                break;
            case StartOutcome.AlreadyActive:
                (Status, Error) = (ScheduleStatus.Skipped, $"run {result.RunId} of {job.Options.Source}/{job.ResourceType} is active");
                break;
            default:
                Fail(job, result.Reason ?? ProblemOf(job, result.Outcome));
                break;
        }
    }

    /// <summary>Records the state of the run.</summary>
    public void Observe(ScheduledJob job, RunSummary run)
    {
        Status = run.Status;
        if (run.Status == RunStatus.Failed)
            Fail(job, run.Error ?? "the run failed");
    }

    public ScheduleStatus StatusOf(ScheduledJob job) =>
        new(
            job.Name,
            job.Options.Source,
            job.ResourceType,
            job.Options.Cron,
            job.Options.TimeZone,
            job.Options.Enabled,
            Paused,
            NextOf(job),
            FiredAt,
            RunId,
            Status,
            Error
        );

    private void Fail(ScheduledJob job, string error)
    {
        (Status, Error) = (RunStatus.Failed, error);
        (Alert, AlertAttempts) = (
            $"Scheduled job failed: {job.Name} run={RunId?.ToString(CultureInfo.InvariantCulture) ?? "-"} error={error}",
            0
        );
    }

    private static string ProblemOf(ScheduledJob job, StartOutcome outcome) =>
        outcome switch
        {
            StartOutcome.UnknownSource => $"the settings have no source '{job.Options.Source}'",
            StartOutcome.UnknownType => $"R4 has no resource type '{job.ResourceType}'",
            _ => outcome.ToString(),
        };
}
