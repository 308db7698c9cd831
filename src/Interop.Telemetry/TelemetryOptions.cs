using System.ComponentModel.DataAnnotations;

namespace Interop.Telemetry;

/// <summary>The settings of telemetry (section <c>Telemetry</c>).</summary>
public sealed record TelemetryOptions
{
    /// <summary>The folder of the spool. One process at a time may use it.</summary>
    [Required]
    public string SpoolDirectory { get; set; } = "data/telemetry";

    /// <summary>How long the database may take for a batch before the batch goes to the spool. The default value is 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:30")]
    public TimeSpan CommitBudget { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The largest number of events in one transaction. The default value is 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxBatchEvents { get; set; } = 1_000;

    /// <summary>The largest size of the spool in MiB. When it is full, senders get 503. The default value is 1,024.</summary>
    [Range(1, 1024 * 1024)]
    public int MaxSpoolMebibytes { get; set; } = 1024;

    /// <summary>How many rejects are kept. The oldest are deleted first. The default value is 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxRejects { get; set; } = 10_000;
}
