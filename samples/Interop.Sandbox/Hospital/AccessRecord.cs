namespace Interop.Sandbox.Hospital;

/// <summary>What was done.</summary>
internal enum AccessAction : byte
{
    Read,
    Search,
    Create,
    Update,
    Delete,
    Export,
    Login,
    FailedLogin,
    Logout,
}

/// <summary>The resource type that was touched; the order is that of <see cref="AuditEventWriter.Types"/>.</summary>
internal enum AccessedType : byte
{
    Patient,
    Encounter,
    Observation,
    Condition,
    MedicationRequest,
    ServiceRequest,
    DiagnosticReport,
    DocumentReference,
    Appointment,
    CarePlan,
    Claim,
    MedicationDispense,
    Procedure,
    None,
}

/// <summary>The reason that the application recorded for the access.</summary>
internal enum Purpose : byte
{
    Treatment,
    Operations,
    Payment,
    Emergency,
    BreakGlass,
    PatientRequest,
    System,
}

/// <summary>An access before it is rendered: integers only, so that a day of them sorts quickly.</summary>
internal struct AccessRecord
{
    /// <summary>The commit instant (`meta.lastUpdated`), whole milliseconds.</summary>
    public long Ticks;

    /// <summary>`recorded` lies this much before the commit.</summary>
    public int DelayMilliseconds;

    /// <summary>The agent's index; -1 when the patient is the agent.</summary>
    public int Agent;
    public int Patient;

    /// <summary>The number of the resource; -1 draws one from the patient.</summary>
    public int Target;
    public int Incident;

    /// <summary>The IPv4 address of the client.</summary>
    public uint Address;

    /// <summary>The number of exported records.</summary>
    public int Count;
    public AccessAction Action;
    public AccessedType Type;
    public Purpose Purpose;
    public AttackKind Attack;
    public Confounder Confounder;

    /// <summary>The index of the Location where the client stands; 255 is outside of the hospital.</summary>
    public ushort Location;
}
