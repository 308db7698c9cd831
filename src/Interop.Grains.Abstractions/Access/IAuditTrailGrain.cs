using System.Collections.Immutable;

namespace Interop.Access;

/// <summary>Keeps the audit trail of this platform: what its callers did, as FHIR AuditEvents of the source <c>interop</c>.</summary>
[Alias("Interop.IAuditTrailGrain")]
public interface IAuditTrailGrain : IGrainWithIntegerKey
{
    /// <summary>Completes when the records are on a disk. They are scored and stored like polled AuditEvents soon after.</summary>
    /// <exception cref="Interop.Health.NotReadyException">There is no room, or the disk fails. None of the records is stored.</exception>
    [Alias("Record")]
    Task Record(ImmutableArray<AuditRecord> records);
}

/// <summary>The source of the platform's own AuditEvents.</summary>
public static class AuditTrail
{
    /// <summary>The name is reserved: no FHIR server can have it.</summary>
    public const string Source = "interop";
}

/// <summary>What a caller did.</summary>
public enum AuditAction
{
    /// <summary>Read one thing.</summary>
    Read = 1,

    /// <summary>Searched or listed.</summary>
    Query = 2,

    /// <summary>Exported data in bulk.</summary>
    Export = 3,

    /// <summary>Imported data.</summary>
    Import = 4,

    /// <summary>Created something.</summary>
    Create = 5,

    /// <summary>Changed something, such as a setting.</summary>
    Update = 6,

    /// <summary>Deleted something.</summary>
    Delete = 7,

    /// <summary>Started, stopped, repeated or sent something.</summary>
    Execute = 8,

    /// <summary>Logged in, or tried to.</summary>
    Login = 9,

    /// <summary>Logged out.</summary>
    Logout = 10,
}

/// <summary>One request that is audited.</summary>
/// <param name="Id">Unique: a record that is sent twice is stored once.</param>
/// <param name="Operation">The name of the endpoint.</param>
/// <param name="Path">The path of the request.</param>
/// <param name="Query">The query of the request, without the question mark; null when there is none or it may identify a patient.</param>
/// <param name="Patient">The patient as <c>Patient/ID</c>, when the request is about one.</param>
/// <param name="Caller">The name of the user or sender; null when the caller is not known.</param>
/// <param name="Role">The role of the caller.</param>
/// <param name="Address">The network address of the caller.</param>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="RequestId">X-Request-ID, which leads to the log.</param>
[GenerateSerializer, Immutable, Alias("Interop.AuditRecord")]
public sealed record AuditRecord(
    string Id,
    DateTimeOffset At,
    AuditAction Action,
    string Operation,
    string Path,
    string? Query,
    string? Patient,
    string? Caller,
    string? Role,
    string? Address,
    int Status,
    string RequestId
);
