using System.ComponentModel.DataAnnotations;

namespace Interop.Ingestion;

/// <summary>Where run files and exports go.</summary>
public sealed record ExportOptions
{
    /// <summary>Whether a run writes its files as its last step.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The folder under which each export gets a folder of its own.</summary>
    [Required]
    public string Directory { get; set; } = "data/exports";

    /// <summary>After this time the folder of a run or an export is deleted. Null, the default value: never.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan? Retention { get; set; }
}
