namespace Interop.Sandbox.Fhir;

/// <summary>What a search asks of a version; every part that is null asks nothing.</summary>
internal sealed record VersionFilter
{
    public int[]? Resources { get; init; }

    public int? Patient { get; init; }

    public IReadOnlyList<LastUpdatedCondition> LastUpdated { get; init; } = [];

    /// <summary>Resources that are there but not committed yet, as far as a reader can tell.</summary>
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
