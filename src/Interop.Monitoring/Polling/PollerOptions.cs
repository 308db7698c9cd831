using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Xml;

namespace Interop.Polling;

/// <summary>The polling of one source (<c>Pollers:NAME</c>; the flat <c>FHIR_POLLING_*</c> configure the one called
/// <c>default</c>).</summary>
public sealed record PollerOptions : IValidatableObject
{
    /// <summary>Whether it polls from the start of the process; the endpoints start and stop change that.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Seconds between two polls. The default value is 30.</summary>
    [Range(1, 86_400)]
    public int Interval { get; set; } = 30;

    /// <summary>Entries per page. The default value is 20.</summary>
    [Range(1, 1_000)]
    public int BatchSize { get; set; } = 20;

    /// <summary>AuditEvent, or the type that each poll ingests.</summary>
    [RegularExpression("^[A-Z][A-Za-z]{1,63}$")]
    public string ResourceType { get; set; } = "AuditEvent";

    /// <summary>Where the first poll begins: an instant, or a duration before now such as P30D. The default value is PT1H.</summary>
    public string Since { get; set; } = "PT1H";

    /// <summary>How far before the watermark a poll begins: events may be committed so late. The default value is one minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Overlap { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The instant of <see cref="Since"/>.</summary>
    public static DateTimeOffset? ParseSince(string text, DateTimeOffset now)
    {
        if (text.StartsWith('P'))
        {
            try
            {
                return now - XmlConvert.ToTimeSpan(text);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
            {
                return null;
            }
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ParseSince(Since, DateTimeOffset.UnixEpoch.AddYears(60)) is null)
            yield return new($"must be an instant such as 2026-01-31T08:00:00Z or a duration such as P30D, not '{Since}'", [nameof(Since)]);
    }
}
