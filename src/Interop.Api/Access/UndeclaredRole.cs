using Interop.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Access;

/// <summary>
/// Refuses endpoints that declare no role, so that a forgotten declaration opens nothing. The answers 405 and 415 of the framework are no
/// routes and pass.
/// </summary>
internal sealed class UndeclaredRole(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint endpoint
        && RequiredRole.Of(endpoint) is null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            ? Problems.Of(StatusCodes.Status403Forbidden, "Forbidden", "this endpoint declares no role").ExecuteAsync(http)
            : next(http);
}
