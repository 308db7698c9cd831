using System.Security.Claims;
using Interop.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace Interop.Dashboard.Access;

/// <summary>The user of this page, and what the user may do.</summary>
public sealed class CurrentUser(AuthenticationStateProvider authentication, IGrainFactory grains)
{
    /// <summary>The claim that names a session of a user of this server; API keys and users of single sign-on have none.</summary>
    public const string StampClaim = "interop_stamp";

    /// <summary>The claim with the network address from which the page was opened.</summary>
    private const string AddressClaim = "interop_address";

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

    /// <summary>The network address from which the page was opened; null when it is not known.</summary>
    public async Task<string?> AddressAsync() => (await PrincipalAsync()).FindFirstValue(AddressClaim);

    /// <summary>A text that is the same as long as the session lasts: the user's name and the stamp of the session.</summary>
    public async Task<string> SessionAsync() => $"{await NameAsync()}/{(await PrincipalAsync()).FindFirstValue(StampClaim)}";

    /// <summary>Called before every change: hiding a button is not enough. The user's present role counts, not that of the time when the
    /// page was opened.</summary>
    /// <exception cref="UnauthorizedAccessException">The user lacks the role, or the session has ended.</exception>
    public async Task RequireAsync(AccessRole role)
    {
        var user = await PrincipalAsync();
        if (
            user.FindFirstValue(StampClaim) is { } stamp
            && await grains.GetQuery<IAccessGrain>().FindUser(user.Identity!.Name!) is var known
            && known?.Stamp != stamp
        )
            throw new UnauthorizedAccessException("Your session has ended: your password, role or state was changed. Sign in again.");
        if (!await MayAsync(role))
            throw new UnauthorizedAccessException($"This needs the role {RoleName(role)}. Ask an administrator for it.");
    }

    /// <summary>The role's name in policies and claims.</summary>
    public static string RoleName(AccessRole role) => role.ToString().ToLowerInvariant();

    private async Task<ClaimsPrincipal> PrincipalAsync() => (await authentication.GetAuthenticationStateAsync()).User;
}
