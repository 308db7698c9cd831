using Interop.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>The role that an endpoint asks for. Every endpoint declares one, or allows anonymous callers; without either it is
/// refused.</summary>
public static class RequiredRole
{
    /// <summary>Declares the role.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoint, AccessRole role)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(PolicyName(role));

    /// <summary>The declared role, the highest one when group and endpoint declare different ones; null when there is none.</summary>
    public static AccessRole? Of(Endpoint? endpoint) =>
        endpoint
            ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Select(data => Enum.TryParse<AccessRole>(data.Policy, ignoreCase: true, out var role) ? role : (AccessRole?)null)
            .Max();

    internal static string PolicyName(AccessRole role) => role.ToString().ToLowerInvariant();
}
