using Interop.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>Refuses endpoints that declare no role, so that a forgotten declaration opens nothing.</summary>
internal sealed class UndeclaredRole(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint() is { } endpoint && RequiredRole.Of(endpoint) is null && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            ? Problems.Of(StatusCodes.Status403Forbidden, "Forbidden", "this endpoint declares no role").ExecuteAsync(http)
            : next(http);
}
