namespace Interop.Sandbox.Hospital;

/// <summary>The kind of attack that an event belongs to. The label is kept outside the event.</summary>
public enum AttackKind : byte
{
    None,

    /// <summary>One employee reads the record of one patient without a reason.</summary>
    LoneSnoop,

    /// <summary>Many employees read the record of one well-known patient.</summary>
    VipSnoop,

    /// <summary>An employee reads the record of a relative or of a person at the same address.</summary>
    FamilySnoop,

    /// <summary>Reads at night, outside of the employee's shift.</summary>
    OffHours,

    /// <summary>Exports of many records.</summary>
    BulkExport,

    /// <summary>Failed logins, then a login from a new address and device, then reads of unrelated patients.</summary>
    StolenCredential,

    /// <summary>One or two unrelated patients a day for weeks.</summary>
    LowAndSlow,

    /// <summary>An account without activity for weeks comes back and reads.</summary>
    DormantAccount,

    /// <summary>Writes and deletions of resource types that the role never writes.</summary>
    RoleEscalation,

    /// <summary>Emergency access ("break glass") without an emergency.</summary>
    BreakGlassAbuse,
}

/// <summary>A benign circumstance that looks unusual.</summary>
public enum Confounder : byte
{
    None,

    /// <summary>A nurse who works on another ward in every shift.</summary>
    FloatStaff,

    /// <summary>The first 14 days of a new employee.</summary>
    NewHire,

    /// <summary>A physician on call for several wards, partly from home.</summary>
    OnCall,

    /// <summary>Staff of all wards help in the emergency department for a day.</summary>
    MassCasualty,

    /// <summary>Nightly reads and exports of a system account.</summary>
    EtlAccount,
}

/// <summary>What an agent of the hospital does for work.</summary>
public enum HospitalRole : byte
{
    Nurse,
    Physician,
    LabTechnician,
    Radiographer,
    Pharmacist,
    Therapist,
    Registrar,
    BillingClerk,
    Coder,
    WardClerk,
    Administrator,

    /// <summary>A system account (ETL).</summary>
    System,
}

/// <summary>An agent of the simulated hospital.</summary>
/// <param name="Index">The number that <see cref="HospitalEvent.Agent"/> refers to.</param>
/// <param name="PractitionerId">The id of the Practitioner; null for a system account.</param>
/// <param name="Login">The login name.</param>
/// <param name="Ward">The id of the home Location.</param>
public sealed record HospitalAgent(int Index, string? PractitionerId, string Login, HospitalRole Role, string Ward, bool IsSystem);

/// <summary>One injected attack.</summary>
public sealed record HospitalIncident(
    int Index,
    AttackKind Attack,
    IReadOnlyList<int> Agents,
    IReadOnlyList<string> PatientIds,
    DateTimeOffset FirstInstant,
    DateTimeOffset LastInstant,
    int Events
);

/// <summary>One AuditEvent with its label. The label cannot be read from the event's JSON.</summary>
public readonly record struct HospitalEvent
{
    /// <summary>The position in the order of commit, from 0. The event's id is `ae-{Number}`.</summary>
    public required long Number { get; init; }

    /// <summary>The commit instant, which is `meta.lastUpdated`.</summary>
    public required DateTimeOffset Instant { get; init; }

    /// <summary>The JSON. The bytes are never overwritten later; empty when rendering was not asked for.</summary>
    public required ReadOnlyMemory<byte> Utf8 { get; init; }

    /// <summary>The agent's index; -1 when the patient is the agent.</summary>
    public required int Agent { get; init; }

    /// <summary>The patient's number N of `Patient/pat-{N + 1}`; -1 for none.</summary>
    public required int Patient { get; init; }

    public required AttackKind Attack { get; init; }

    public required Confounder Confounder { get; init; }

    /// <summary>The index of the incident; -1 for none.</summary>
    public required int Incident { get; init; }
}

/// <summary>A clinical resource as UTF-8 JSON.</summary>
public readonly record struct ClinicalResource(string Type, string Id, DateTimeOffset LastUpdated, ReadOnlyMemory<byte> Utf8);
