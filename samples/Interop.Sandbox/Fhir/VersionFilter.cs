namespace Interop.Sandbox.Fhir;

/// <summary>The conditions of a search. A part that is null is no condition.</summary>
internal sealed record VersionFilter
{
    public int[]? Resources { get; init; }

    public int? Patient { get; init; }

    public IReadOnlyList<LastUpdatedCondition> LastUpdated { get; init; } = [];

    /// <summary>Resources that a reader cannot see yet, as if they were not committed.</summary>
    public Func<int, bool>? IsHidden { get; init; }

    public bool IsEverything => Resources is null && Patient is null && LastUpdated.Count == 0 && IsHidden is null;

    public bool Passes(in ResourceVersion version)
    {
        if (Patient is { } patient && version.Patient != patient)
            return false;
        foreach (var condition in LastUpdated)
        {
            if (!condition.Holds(version.LastUpdatedTicks))
                return false;
        }
        return IsHidden is null || !IsHidden(version.Resource);
    }
}
