using System.Security.Claims;
using Interop.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace Interop.Dashboard.Access;

/// <summary>The user of this page, and what the user may do.</summary>
public sealed class CurrentUser(AuthenticationStateProvider authentication)
{
    /// <summary>The name under which callers without credentials appear, when the API is open.</summary>
    private const string Anonymous = "anonymous";

    public async Task<string> NameAsync() => (await PrincipalAsync()).Identity?.Name ?? Anonymous;

    /// <summary>Whether there are no users, so that every caller of this machine may do everything.</summary>
    public async Task<bool> IsOpenAsync() => await NameAsync() == Anonymous;

    /// <summary>The highest role that the user holds; null when there is none.</summary>
    public async Task<string?> RoleAsync()
    {
        foreach (var role in Enum.GetValues<AccessRole>().OrderDescending())
        {
            if (await MayAsync(role))
                return RoleName(role);
        }

        return null;
    }

    public async Task<bool> MayAsync(AccessRole role) => (await PrincipalAsync()).IsInRole(RoleName(role));

    /// <summary>Called before every change: hiding a button is not enough.</summary>
    /// <exception cref="UnauthorizedAccessException">The user lacks the role.</exception>
    public async Task RequireAsync(AccessRole role)
    {
        if (!await MayAsync(role))
            throw new UnauthorizedAccessException($"This needs the role {RoleName(role)}. Ask an administrator for it.");
    }

    /// <summary>The role's name in policies and claims.</summary>
    public static string RoleName(AccessRole role) => role.ToString().ToLowerInvariant();

    private async Task<ClaimsPrincipal> PrincipalAsync() => (await authentication.GetAuthenticationStateAsync()).User;
}
