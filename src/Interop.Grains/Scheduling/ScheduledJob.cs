using Interop.Ingestion;
using Microsoft.Extensions.Options;

namespace Interop.Scheduling;

/// <summary>A job of the settings.</summary>
internal sealed class ScheduledJob(string name, ScheduleOptions options)
{
    private readonly CronTimes _times = new(options.Cron, options.TimeZone);

    public string Name => name;

    public ScheduleOptions Options => options;

    public string ResourceType => IngestedType.Parse(options.ResourceType);

    /// <summary>When it changes, firings before the change are not caught up.</summary>
    public string Times => $"{options.Cron} {options.TimeZone}";

    public DateTimeOffset? NextAfter(DateTimeOffset instant) => _times.NextAfter(instant);

    /// <param name="trigger">What started the run: <c>schedule</c> or <c>manual</c>.</param>
    public RunRequest Request(string trigger) =>
        new(
            PatientId: null,
            options.Full,
            options.MissingPatients ?? IngestedType.MissingPatientsOf(ResourceType),
            RunMeta.None with
            {
                Job = name,
                Trigger = trigger,
            },
            Mode: options.Mode
        );
}

/// <summary>The jobs of the settings, and their clock.</summary>
internal sealed class ScheduleCatalog(IOptions<ScheduleTable> table, TimeProvider time)
{
    private readonly Dictionary<string, ScheduledJob> _jobs = table.Value.ToDictionary(
        entry => entry.Key,
        entry => new ScheduledJob(entry.Key, entry.Value),
        StringComparer.Ordinal
    );

    public DateTimeOffset Now => time.GetUtcNow();

    public IEnumerable<string> Names => _jobs.Keys;

    /// <summary>The job of this name, exactly as in the settings: it is a grain's key. Null: there is none.</summary>
    public ScheduledJob? Find(string name) => _jobs.GetValueOrDefault(name);
}
