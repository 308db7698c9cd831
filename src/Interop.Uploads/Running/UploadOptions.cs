using System.ComponentModel.DataAnnotations;

namespace Interop.Uploads.Running;

/// <summary>Settings of uploaded files, of both kinds.</summary>
public sealed record UploadOptions : IValidatableObject
{
    /// <summary>The largest file in MiB. The default value is 50.</summary>
    [Range(1, 10_000)]
    public int MaxMebibytes { get; set; } = 50;

    /// <summary>The FHIR server that rows are written to (<c>FHIR_TARGET_URL</c>); null: that of the source <c>default</c>.</summary>
    public string? TargetUrl { get; set; }

    /// <summary>Rows that are submitted at the same time. The default value is 16.</summary>
    [Range(1, 256)]
    public int Parallelism { get; set; } = 16;

    /// <summary>A folder of mapping profiles (*.json) beside the built-in ones; null for none.</summary>
    public string? ProfileDirectory { get; set; }

    /// <summary>A FHIR terminology server that finds the codes of terms (<c>TERMINOLOGY_URL</c>); null: the built-in table only.</summary>
    public string? TerminologyUrl { get; set; }

    /// <summary>The code system that terms are translated to. The default is SNOMED CT.</summary>
    [Required]
    public string TerminologySystem { get; set; } = "http://snomed.info/sct";

    /// <summary>The time limit of one request to the terminology server. The default value is 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan TerminologyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an upstream that is down is asked again before the rows fail. The default value is 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan OutageLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The first wait after an upstream was not available; each further wait is twice as long, up to 30 s. The default value is 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A worker that has not shown itself for this long is taken for dead. The default value is 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SilenceLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The time limit of one request to an upstream. The default value is 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, url) in new[] { (nameof(TargetUrl), TargetUrl), (nameof(TerminologyUrl), TerminologyUrl) })
        {
            if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
                yield return new($"must be an absolute http or https URL, not '{url}'", [name]);
        }
    }
}
