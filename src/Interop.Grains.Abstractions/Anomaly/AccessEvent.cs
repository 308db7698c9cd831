namespace Interop.Anomaly;

/// <summary>What an access did.</summary>
public enum AccessKind
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>Read one resource or document.</summary>
    Read = 1,

    /// <summary>Created a resource.</summary>
    Create = 2,

    /// <summary>Changed a resource.</summary>
    Update = 3,

    /// <summary>Deleted a resource.</summary>
    Delete = 4,

    /// <summary>Searched.</summary>
    Query = 5,

    /// <summary>Exported or printed records.</summary>
    Export = 6,

    /// <summary>Logged in.</summary>
    Login = 7,

    /// <summary>Failed to log in.</summary>
    FailedLogin = 8,

    /// <summary>Logged out.</summary>
    Logout = 9,
}

/// <summary>What was wrong with an AuditEvent. The event is stored and scored with the elements that it has.</summary>
[Flags]
public enum AccessFlags
{
    /// <summary>Nothing was wrong.</summary>
    None = 0,

    /// <summary>No agent with a name, reference or identifier.</summary>
    NoAgent = 1,

    /// <summary>No readable <c>recorded</c>.</summary>
    NoRecorded = 2,

    /// <summary>More than a day after the server's own time.</summary>
    RecordedInFuture = 4,

    /// <summary>More than ten years before the server's own time.</summary>
    RecordedLongAgo = 8,

    /// <summary>More entities than are read (<see cref="AccessEvent.Entities"/> counts them all).</summary>
    ManyEntities = 16,

    /// <summary>A network address that is no IP address.</summary>
    HostNameAsAddress = 32,

    /// <summary>Elements of FHIR R5 (<c>code</c>, <c>category</c>).</summary>
    R5Shape = 64,

    /// <summary>No AuditEvent.</summary>
    OtherResource = 128,

    /// <summary>Elements of other JSON types than the standard's.</summary>
    WrongTypes = 256,
}

/// <summary>An AuditEvent as the detector sees it: references and codes, no names of patients.</summary>
/// <param name="Id">The server's id.</param>
/// <param name="VersionId"><c>meta.versionId</c>, where the server says it.</param>
/// <param name="LastUpdated"><c>meta.lastUpdated</c>.</param>
/// <param name="Time"><c>recorded</c>, or where that is missing or implausible the server's time.</param>
/// <param name="Agent">The acting person or system: a reference, else an identifier's value, else a login, else a name; empty:
/// none.</param>
/// <param name="AgentLogin"><c>agent.altId</c>.</param>
/// <param name="AgentRole">The first code of the agent's role, where the event has it.</param>
/// <param name="Patient">The patient, as <c>Patient/ID</c>.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Action"><c>AuditEvent.action</c>.</param>
/// <param name="Outcome"><c>AuditEvent.outcome</c>: 0 is success.</param>
/// <param name="Address">The agent's network address.</param>
/// <param name="Device">The reporting system (<c>source.observer</c>).</param>
/// <param name="Site"><c>source.site</c>, such as a ward.</param>
/// <param name="ResourceType">The type of the resource that was used, such as Observation.</param>
/// <param name="Purpose">The first code of the purpose of use.</param>
/// <param name="BreakGlass">Emergency access.</param>
/// <param name="Entities">How many entities the event has.</param>
/// <param name="Records">How many records it touched, where it says so; at least the patients.</param>
/// <param name="Flags">What was wrong with the event.</param>
[GenerateSerializer, Immutable, Alias("Interop.Anomaly.AccessEvent")]
public sealed record AccessEvent(
    string Id,
    string? VersionId,
    DateTimeOffset? LastUpdated,
    DateTimeOffset Time,
    string Agent,
    string? AgentLogin,
    string? AgentRole,
    string? Patient,
    AccessKind Kind,
    string? Action,
    string? Outcome,
    string? Address,
    string? Device,
    string? Site,
    string? ResourceType,
    string? Purpose,
    bool BreakGlass,
    int Entities,
    long Records,
    AccessFlags Flags
)
{
    /// <summary>A failure, as the outcome says.</summary>
    public bool Failed => Outcome is not (null or "" or "0");
}

/// <summary>Whether the clinical tables connect an agent and a patient.</summary>
public enum CareLink
{
    /// <summary>There is no clinical data, or the event has no patient.</summary>
    Unknown = 0,

    /// <summary>An encounter, appointment, care team, order or shared ward connects them around the time.</summary>
    Explained = 1,

    /// <summary>Nothing connects them.</summary>
    Unexplained = 2,
}

/// <summary>The state of the patient's care at the time of an access, independent of the agent.</summary>
public enum PatientPresence
{
    /// <summary>There is no clinical data of the patient, or the event has no patient.</summary>
    Unknown = 0,

    /// <summary>No encounter or appointment from two months before to a month after.</summary>
    Absent = 1,

    /// <summary>An encounter or appointment begins within a month.</summary>
    Expected = 2,

    /// <summary>An encounter is in progress.</summary>
    Present = 3,

    /// <summary>An encounter ended within a day.</summary>
    LeftToday = 4,

    /// <summary>An encounter ended within a week.</summary>
    LeftLately = 5,

    /// <summary>An encounter ended within two months.</summary>
    LeftEarlier = 6,
}

/// <summary>The other persons that opened the patient's record in the last three days, by the audit events alone.</summary>
public enum PatientCircle
{
    /// <summary>The event has no patient, the agent is no person, or the place of the access is not known.</summary>
    Unknown = 0,

    /// <summary>No person, or only this agent since the last hour.</summary>
    None = 1,

    /// <summary>Persons at other places only.</summary>
    Elsewhere = 2,

    /// <summary>Another person at the place of this access.</summary>
    SamePlace = 3,
}

/// <summary>What the clinical tables and the watchlist say of one access.</summary>
/// <param name="Link">Whether care explains it.</param>
/// <param name="LinkedBy">What connects them, such as "encounter enc-1".</param>
/// <param name="SameFamilyName">The agent has the patient's family name.</param>
/// <param name="SameAddress">They live at the same address.</param>
/// <param name="OwnRecord">The agent is the patient.</param>
/// <param name="Colleague">The patient works here.</param>
/// <param name="Watched">The patient is on the watchlist.</param>
/// <param name="DisabledAccount">The agent's Practitioner is not active, or all its roles have ended.</param>
/// <param name="Presence">The state of the patient's care.</param>
/// <param name="WorkPlace">The place of the access, else the agent's place of work: the class of the encounters there (such as EMER), else
/// the Location; null: not known.</param>
[GenerateSerializer, Immutable, Alias("Interop.Anomaly.CareContext")]
public sealed record CareContext(
    CareLink Link,
    string? LinkedBy = null,
    bool SameFamilyName = false,
    bool SameAddress = false,
    bool OwnRecord = false,
    bool Colleague = false,
    bool Watched = false,
    bool DisabledAccount = false,
    PatientPresence Presence = PatientPresence.Unknown,
    string? WorkPlace = null
)
{
    /// <summary>Nothing is known.</summary>
    public static CareContext None { get; } = new(CareLink.Unknown);
}

/// <summary>What the agent's role and the whole population say of one access, before this access.</summary>
/// <param name="Role">The agent's role.</param>
/// <param name="HourShare">The role's share of accesses in this hour of the day.</param>
/// <param name="ActionRarity">-log10 of the share of this kind among the role's accesses.</param>
/// <param name="ResourceRarity">-log10 of the share of this kind on this resource type among the role's accesses.</param>
/// <param name="AgentsAtAddress">How many agents have used this address.</param>
/// <param name="PatientAttention">How many agents without a care link have opened this patient in the last week.</param>
/// <param name="HourNorm">The role's mean of ln(1 + accesses in 60 minutes).</param>
/// <param name="HourSpread">Its standard deviation.</param>
/// <param name="DayNorm">The role's mean of ln(1 + patients of a day).</param>
/// <param name="DaySpread">Its standard deviation.</param>
/// <param name="UnexplainedShare">The role's share of accesses without a care link.</param>
/// <param name="Circle">The other persons that opened the patient's record lately.</param>
/// <param name="PresenceRarity">-log10 of how often an unexplained access to a patient in this state occurs in an hour of work of the role
/// at this kind of place and hour of the day.</param>
/// <param name="MannerRarity">The same, of the state together with how deep into the record the access goes and how it was
/// reached.</param>
/// <param name="NetworkRarity">-log10 of the share of accesses from this network.</param>
/// <param name="LoginRarity">Of a login: -log10 of the share of the role's logins at this hour.</param>
/// <param name="RecordsNorm">The role's mean of ln(1 + records) of exports and queries.</param>
/// <param name="RecordsSpread">Its standard deviation.</param>
/// <param name="BreakGlassRarity">Of an unexplained emergency access: the same.</param>
/// <param name="PurposeRarity">The same, of any access with this purpose of use.</param>
/// <param name="Surge">How many times more persons than usual work at the place of the access in this hour; at least 1.</param>
[GenerateSerializer, Immutable, Alias("Interop.Anomaly.PopulationView")]
public sealed record PopulationView(
    string Role,
    double HourShare,
    double ActionRarity,
    double ResourceRarity,
    double AgentsAtAddress,
    double PatientAttention,
    double HourNorm,
    double HourSpread,
    double DayNorm,
    double DaySpread,
    double UnexplainedShare,
    PatientCircle Circle = PatientCircle.Unknown,
    double PresenceRarity = 0,
    double MannerRarity = 0,
    double NetworkRarity = 0,
    double LoginRarity = 0,
    double RecordsNorm = 0.7,
    double RecordsSpread = 0.7,
    double BreakGlassRarity = 0,
    double PurposeRarity = 0,
    double Surge = 1
);

/// <summary>An access with all that is known of it beside the agent's own history.</summary>
[GenerateSerializer, Immutable, Alias("Interop.Anomaly.AccessInContext")]
public sealed record AccessInContext(AccessEvent Event, CareContext Care, PopulationView Population);
