namespace Interop.Anomaly.Care;

/// <summary>A Practitioner with its roles.</summary>
internal sealed class CareAgent
{
    public string? FamilyName { get; set; }

    public string? Address { get; set; }

    public bool IsActive { get; set; } = true;

    public HashSet<string> Identifiers { get; } = new(StringComparer.Ordinal);

    public List<CareRole> Roles { get; } = [];
}

/// <summary>A PractitionerRole.</summary>
internal sealed record CareRole(
    string Id,
    string? Code,
    IReadOnlySet<string> Places,
    DateTimeOffset From,
    DateTimeOffset To,
    bool IsActive = true
)
{
    public bool Covers(DateTimeOffset time) => From <= time && time <= To;
}

/// <summary>A patient and what connects agents with it.</summary>
internal sealed class CarePatient
{
    /// <summary>Whether the Patient resource itself was read.</summary>
    public bool IsKnown { get; set; }

    public string? FamilyName { get; set; }

    public string? Address { get; set; }

    public string? EmployeeNumber { get; set; }

    public List<CareFact> Facts { get; } = [];

    /// <summary>Replaces an older version of the same resource.</summary>
    public void Replace(CareFact fact)
    {
        Facts.RemoveAll(f => f.Kind == fact.Kind && f.Id == fact.Id);
        Facts.Add(fact);
    }
}

/// <summary>An encounter, appointment, care team, order or general practitioner: the persons, the place and the time of the care.</summary>
internal sealed record CareFact(
    string Kind,
    string Id,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<string> People,
    IReadOnlyList<string> Places
);
