using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>The network address of a caller, as the audit trail has it.</summary>
internal static class CallerAddress
{
    /// <summary>The claim by which an open page of the dashboard knows the address of its user.</summary>
    private const string Claim = "interop_address";

    /// <summary>The path of the connections of pages.</summary>
    private const string Connection = "/_blazor";

    /// <summary>The address, an IPv4 address in its short form; null when the connection has none.</summary>
    public static string? Of(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

    /// <summary>The user, with the address as a claim when the request opens the connection of a page, which outlives it.</summary>
    public static ClaimsPrincipal AddTo(ClaimsPrincipal user, HttpContext http)
    {
        if (
            !http.Request.Path.StartsWithSegments(Connection)
            || user.Identity is not ClaimsIdentity identity
            || Of(http) is not { } address
        )
            return user;
        var withAddress = identity.Clone(); // the identity of callers without users is shared
        withAddress.AddClaim(new Claim(Claim, address));
        return new ClaimsPrincipal(withAddress);
    }
}
