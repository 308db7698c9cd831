using System.Collections.Immutable;
using System.Net;

namespace Interop.Fhir.Client;

/// <summary>The result of one write.</summary>
public enum FhirWriteOutcome
{
    /// <summary>The resource is new (201).</summary>
    Created,

    /// <summary>An existing resource has a new version (200).</summary>
    Updated,

    /// <summary>A conditional create found the resource and wrote nothing (200 or 304).</summary>
    AlreadyThere,

    /// <summary>A transaction was applied as a whole.</summary>
    Applied,

    /// <summary>If-Match named another version than the server has, or the server reports a conflict (409, 412).</summary>
    Conflict,

    /// <summary>Several resources match the condition (412).</summary>
    SeveralMatches,

    /// <summary>The server refuses the request, and would again (400, 403, 404, 422 and the like).</summary>
    Rejected,

    /// <summary>Every try failed before the server took the request (429, 503, no connection). Nothing was written; a later try may
    /// work.</summary>
    Unavailable,

    /// <summary>The connection or the server failed after the request was sent: it may or may not have been written. Only a read or a
    /// conditional write can tell.</summary>
    Uncertain,
}

/// <summary>What the server answered to one write.</summary>
/// <param name="Outcome">The result.</param>
/// <param name="Status">The HTTP status of the last try; null when no answer came.</param>
/// <param name="ResourceType">The type of the written resource, where the server says it.</param>
/// <param name="Id">The id of the written resource, where the server says it.</param>
/// <param name="VersionId">Its version, for If-Match of the next update.</param>
/// <param name="Reason">Why it was not written: the server's OperationOutcome or the failure of the connection. Null on success.</param>
/// <param name="RetryAfter">How long the server asked to wait.</param>
public sealed record FhirWriteResult(
    FhirWriteOutcome Outcome,
    HttpStatusCode? Status,
    string? ResourceType = null,
    string? Id = null,
    string? VersionId = null,
    string? Reason = null,
    TimeSpan? RetryAfter = null
)
{
    /// <summary>The server holds the resource as sent, or held it before.</summary>
    public bool IsSuccess =>
        Outcome is FhirWriteOutcome.Created or FhirWriteOutcome.Updated or FhirWriteOutcome.AlreadyThere or FhirWriteOutcome.Applied;

    /// <summary>The codes of the server's OperationOutcome. <see cref="Reason"/> may repeat data of the resource; these do not.</summary>
    public ImmutableArray<string> IssueCodes { get; init; } = [];

    /// <summary>
    /// The server does not know the interaction (404, 405, 501), or says that it does not support it: another interaction may work.
    /// </summary>
    public bool IsNotSupported =>
        Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented
        || (Outcome == FhirWriteOutcome.Rejected && IssueCodes.Contains("not-supported"));

    /// <summary>For a transaction: the result of each entry, in the order of the request.</summary>
    public ImmutableArray<FhirWriteResult> Entries { get; init; } = [];
}
