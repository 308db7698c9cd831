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
}
