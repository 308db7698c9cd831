using System.ComponentModel.DataAnnotations;

namespace Interop.Ingestion;

/// <summary>Settings of ingestion that hold for every source; the settings of one source are its
/// <see cref="Interop.Sources.SourceOptions"/>.</summary>
public sealed record IngestionOptions : IValidatableObject
{
    /// <summary>Resources asked for per page (<c>FHIR_PAGE_SIZE</c>).</summary>
    [Range(1, 10_000)]
    public int PageSize { get; set; } = 100;

    /// <summary>How far before the watermark an incremental run starts: servers commit rows up to two minutes after stamping
    /// them.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan Overlap { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Nothing older is asked for (<c>FHIR_LAST_UPDATED_GTE</c>); not in the future.</summary>
    public DateTimeOffset? LastUpdatedGte { get; set; }

    /// <summary>Times an expired search is begun anew without the cursor having moved, before the run fails.</summary>
    [Range(1, 1000)]
    public int MaxExpiredSearches { get; set; } = 10;

    /// <summary>A first load of at least so many resources is split into periods that are searched at the same time
    /// (<see cref="Interop.Sources.SourceOptions.MaxParallel"/>). The default value is 50,000.</summary>
    [Range(1000, int.MaxValue)]
    public int PartitionFrom { get; set; } = 50_000;

    /// <summary>How long a search may wait for its server without bringing a new resource, before the run fails. The default value is 30
    /// minutes. A single page has a limit of its own (<see cref="Interop.Sources.SourceOptions.PageTimeout"/>).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxTimeWithoutProgress { get; set; } = TimeSpan.FromMinutes(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var time = (TimeProvider?)validationContext.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
        if (LastUpdatedGte > time.GetUtcNow())
            yield return new($"must not be in the future: {LastUpdatedGte:O}", [nameof(LastUpdatedGte)]);
    }
}
