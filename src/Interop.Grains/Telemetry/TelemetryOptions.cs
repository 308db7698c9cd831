using System.ComponentModel.DataAnnotations;

namespace Interop.Telemetry;

/// <summary>How telemetry is kept (section <c>Telemetry</c> of the settings).</summary>
public sealed record TelemetryOptions
{
    /// <summary>The folder of the spool; one process at a time may use it.</summary>
    [Required]
    public string SpoolDirectory { get; set; } = "data/telemetry";

    /// <summary>What the database may take for a batch before the batch is spooled.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:30")]
    public TimeSpan CommitBudget { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The most events in one transaction.</summary>
    [Range(1, 100_000)]
    public int MaxBatchEvents { get; set; } = 1_000;

    /// <summary>The most that the spool holds, in MiB; past it senders get 503.</summary>
    [Range(1, 1024 * 1024)]
    public int MaxSpoolMebibytes { get; set; } = 1024;

    /// <summary>The rejects that are kept, the newest ones.</summary>
    [Range(1, 10_000_000)]
    public int MaxRejects { get; set; } = 10_000;
}
