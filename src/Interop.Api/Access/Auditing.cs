using Interop.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>How the use of an endpoint appears in the audit trail. Every endpoint declares this, or the reason why it does not
/// appear.</summary>
public static class Auditing
{
    /// <summary>Declares how the audit trail describes a request.</summary>
    /// <param name="endpoint">The endpoint, or a group whose endpoints may declare otherwise.</param>
    /// <param name="action">What the caller does.</param>
    /// <param name="patientParameter">The route parameter that holds the id of a patient; null when there is none.</param>
    /// <param name="hidesQuery">The query may identify a patient by name: it is left out.</param>
    public static TBuilder Audited<TBuilder>(
        this TBuilder endpoint,
        AuditAction action,
        string? patientParameter = null,
        bool hidesQuery = false
    )
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AuditDeclaration(action, null, patientParameter, hidesQuery));

    /// <summary>Declares that requests are not audited.</summary>
    /// <param name="endpoint">The endpoint, or a group.</param>
    /// <param name="reason">Why not.</param>
    public static TBuilder NotAudited<TBuilder>(this TBuilder endpoint, string reason)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditDeclaration(null, reason, null, false));

    /// <summary>The declaration of an endpoint, which wins over that of its group; null when there is none.</summary>
    public static AuditDeclaration? Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<AuditDeclaration>();
}

/// <summary>What an endpoint declares about the audit trail.</summary>
/// <param name="Action">What the caller does; null when requests are not audited.</param>
/// <param name="Reason">Why they are not.</param>
/// <param name="PatientParameter">The route parameter that holds the id of a patient.</param>
/// <param name="HidesQuery">The query may identify a patient by name.</param>
public sealed record AuditDeclaration(AuditAction? Action, string? Reason, string? PatientParameter, bool HidesQuery);
