using System.ComponentModel.DataAnnotations;

namespace Interop.Anomaly.Care;

/// <summary>Access monitoring of all sources (<c>Monitoring</c>).</summary>
public sealed record MonitoringOptions : IValidatableObject
{
    /// <summary>
    /// A CSV or JSON file that maps agents of AuditEvents to Practitioners, where reference, identifier and login do not. Empty: none.
    /// </summary>
    public string AgentMap { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AgentMap.Length == 0)
            yield break;
        string? problem = null;
        try
        {
            AgentMapFile.Read(AgentMap);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            problem = e.Message;
        }

        if (problem is not null)
            yield return new($"must name a readable mapping file; {AgentMap}: {problem}", [nameof(AgentMap)]);
    }
}
