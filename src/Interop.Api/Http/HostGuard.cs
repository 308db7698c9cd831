using System.Net;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Http;

/// <summary>
/// Refuses requests with a foreign host name or from a foreign page. A page elsewhere can make its own name resolve to this server (DNS
/// rebinding), and a browser sends some requests, such as the POST of a form, without asking CORS first.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, ApiOptions options)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (!IsAllowed(http.Request.Host.Host))
            return Refuse(http, $"the host name '{http.Request.Host.Host}' is not allowed: add it to ALLOWED_HOSTS");

        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwn(origin, http.Request) && !options.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            return Refuse(http, "the page's origin is not among CORS_ORIGINS");
        return next(http);
    }

    /// <summary>An IP address needs no name resolution, so it cannot be rebound.</summary>
    private bool IsAllowed(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || options.AllowedHosts.Any(allowed => allowed == "*" || allowed.Equals(host, StringComparison.OrdinalIgnoreCase));

    private static bool IsOwn(string origin, HttpRequest request) =>
        string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext http, string detail) =>
        Problems.Of(StatusCodes.Status403Forbidden, "Forbidden", detail).ExecuteAsync(http);
}
