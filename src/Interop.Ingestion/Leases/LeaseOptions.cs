using System.ComponentModel.DataAnnotations;

namespace Interop.Ingestion.Leases;

/// <summary>The leases of runs and processes (<c>Leases</c>), in the database's time.</summary>
public sealed record LeaseOptions : IValidatableObject
{
    /// <summary>How often an owner renews its lease. The default value is 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After this time without a heartbeat another process may take the lease. The default value is 6 seconds: as long as a cluster needs
    /// to declare a silo dead. A process that only paused loses at most the page in its hands, because its writes carry an older epoch.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:10:00")]
    public TimeSpan SilentAfter { get; set; } = TimeSpan.FromSeconds(6);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SilentAfter < 3 * Heartbeat)
            yield return new ValidationResult("SilentAfter must be at least three times Heartbeat", [nameof(SilentAfter)]);
    }
}
