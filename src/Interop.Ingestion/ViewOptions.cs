namespace Interop.Ingestion;

/// <summary>The normalized tables.</summary>
public sealed record ViewOptions
{
    /// <summary>A folder of the user's own ViewDefinitions (*.json), read at start; null: the platform's and those put through the
    /// API.</summary>
    public string? Directory { get; set; }
}
