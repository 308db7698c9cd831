using System.Security.Claims;
using Interop.Access;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;

namespace Interop.Dashboard.Access;

/// <summary>
/// Ends the session of an open page when its user is removed or disabled, or gets another role. A page keeps its connection for hours, so
/// that the check of each request is not enough.
/// </summary>
internal sealed class SessionWatch(ILoggerFactory loggers, IGrainFactory grains) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(30);

    protected override async Task<bool> ValidateAuthenticationStateAsync(
        AuthenticationState authenticationState,
        CancellationToken cancellationToken
    )
    {
        var user = authenticationState.User;
        var access = grains.GetQuery<IAccessGrain>();
        try
        {
            if (user.FindFirstValue(CurrentUser.StampClaim) is { } stamp)
                return await access.FindUser(user.Identity!.Name!) is { } known && known.Stamp == stamp;
            return true;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return true; // the database or the cluster is away: the next check decides
        }
    }
}
