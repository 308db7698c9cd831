using Interop.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>The role that an endpoint asks for. Every endpoint declares one, or allows anonymous callers; without either it is
/// refused.</summary>
public static class RequiredRole
{
    /// <summary>Declares the role.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoint, AccessRole role)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DeclaredRole(role));

    /// <summary>The declared role, the highest one when group and endpoint declare different ones; null when there is none.</summary>
    public static AccessRole? Of(Endpoint? endpoint) => endpoint is null ? null : Of(endpoint.Metadata.GetOrderedMetadata<DeclaredRole>());

    internal static AccessRole? Of(IReadOnlyList<DeclaredRole> declared)
    {
        AccessRole? highest = null;
        for (var i = 0; i < declared.Count; i++)
        {
            if (highest is null || declared[i].Role > highest)
                highest = declared[i].Role;
        }

        return highest;
    }

    internal static string NameOf(AccessRole role) =>
        role switch
        {
            AccessRole.Viewer => "viewer",
            AccessRole.Operator => "operator",
            AccessRole.Admin => "admin",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "there is no such role"),
        };
}

/// <summary>Metadata of an endpoint.</summary>
internal sealed record DeclaredRole(AccessRole Role);
