using System.ComponentModel.DataAnnotations;

namespace Interop.Sources;

/// <summary>How a source's Bulk Data exports are asked for (<c>Sources:NAME:Bulk</c>).</summary>
public sealed record SourceBulkOptions : IValidatableObject
{
    /// <summary>The kick-off with POST.</summary>
    public const string Post = "post";

    private const string System = "system";
    private const string Group = "group";

    /// <summary>Whose data: <c>system</c>, <c>patient</c> (all patients) or <c>group</c>.</summary>
    [AllowedValues(System, "patient", Group)]
    public string Level { get; set; } = System;

    /// <summary>For the level <c>group</c>: the group's id.</summary>
    public string? GroupId { get; set; }

    /// <summary>How the export is begun: <c>get</c> or <c>post</c>.</summary>
    [AllowedValues("get", Post)]
    public string Method { get; set; } = "get";

    /// <summary>Searches that resources must match, such as <c>Observation?category=laboratory</c>. A run sends those of its
    /// type.</summary>
    public List<string> TypeFilter { get; set; } = [];

    /// <summary>Only these elements of the resources.</summary>
    public List<string> Elements { get; set; } = [];

    /// <summary>How long after a run's start its export may take to be ready. The default value is 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The operation, relative to the service base.</summary>
    public string Operation =>
        Level switch
        {
            System => "$export",
            Group => $"Group/{Uri.EscapeDataString(GroupId!)}/$export",
            _ => "Patient/$export",
        };

    /// <summary>The type that has the operation in a CapabilityStatement; null for the system.</summary>
    public string? OwnerType =>
        Level switch
        {
            System => null,
            Group => "Group",
            _ => "Patient",
        };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Level == Group && string.IsNullOrEmpty(GroupId))
            yield return new("is missing for Level=group", [nameof(GroupId)]);
        if (TypeFilter.Find(f => f.IndexOf('?', StringComparison.Ordinal) < 1) is { } filter)
            yield return new($"must be searches such as Observation?status=final, not '{filter}'", [nameof(TypeFilter)]);
    }
}
