using System.ComponentModel.DataAnnotations;
using Interop.Ingestion;

namespace Interop.Scheduling;

/// <summary>A scheduled job (<c>Schedules:NAME</c>): an ingestion that starts at the times of a cron expression.</summary>
public sealed record ScheduleOptions : IValidatableObject
{
    /// <summary>Whether the job fires. The default value is false.</summary>
    public bool Enabled { get; set; }

    /// <summary>When: a Quartz cron expression with six or seven fields (seconds, minutes, hours, day of month, month, day of week,
    /// year).</summary>
    [Required]
    public string Cron { get; set; } = "";

    /// <summary>The time zone of <see cref="Cron"/>, such as <c>Europe/Berlin</c>. The default value is UTC.</summary>
    [Required]
    public string TimeZone { get; set; } = "UTC";

    /// <summary>What to ingest: an R4 type, or <c>patients</c>, <c>observations</c>, <c>encounters</c>, <c>conditions</c>.</summary>
    [Required]
    public string ResourceType { get; set; } = "";

    /// <summary>From which source. The default value is <c>default</c>.</summary>
    [Required]
    public string Source { get; set; } = "default";

    /// <summary>What the run does about missing patients; null: what <c>POST /ingest/{ResourceType}</c> does.</summary>
    public MissingPatients? MissingPatients { get; set; }

    /// <summary>Whether the run ignores the checkpoint and fetches everything. The default value is false.</summary>
    public bool Full { get; set; }

    /// <summary>Where the resources come from, one of <see cref="RunMode.OfServers"/>, such as <c>reconcile</c>; null: what the source's
    /// settings say.</summary>
    public string? Mode { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Cron.Length > 0 && CronTimes.Problem(Cron) is { } problem)
            yield return new($"must be a Quartz cron expression such as 0 10 * * * ?, not '{Cron}': {problem}", [nameof(Cron)]);
        if (Mode is not null && !RunMode.OfServers.Contains(Mode))
            yield return new($"must be one of {string.Join(", ", RunMode.OfServers)}, not '{Mode}'", [nameof(Mode)]);
        if (TimeZone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return new($"must be a time zone such as UTC or Europe/Berlin, not '{TimeZone}'", [nameof(TimeZone)]);
    }
}

/// <summary>The jobs by name. The five jobs of the documented system are there from the start, not enabled.</summary>
public sealed class ScheduleTable : Dictionary<string, ScheduleOptions>
{
    /// <summary>The default jobs.</summary>
    public ScheduleTable()
        : base(StringComparer.OrdinalIgnoreCase)
    {
        this["patients"] = new ScheduleOptions { Cron = "0 0 * * * ?", ResourceType = "Patient" };
        this["observations"] = new ScheduleOptions { Cron = "0 10 * * * ?", ResourceType = "Observation" };
        this["encounters"] = new ScheduleOptions { Cron = "0 20 * * * ?", ResourceType = "Encounter" };
        this["conditions"] = new ScheduleOptions { Cron = "0 30 * * * ?", ResourceType = "Condition" };
        this["backfill"] = new ScheduleOptions
        {
            Cron = "0 30 2 * * ?",
            ResourceType = "Observation",
            MissingPatients = Ingestion.MissingPatients.Fetch,
        };
    }
}
