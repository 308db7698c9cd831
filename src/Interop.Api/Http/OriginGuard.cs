using System.Net;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Http;

/// <summary>
/// Keeps web pages of other origins from using an API that is open on loopback: reading is CORS's affair, this stops what a browser
/// sends without asking (a form's POST), and names that were bent to 127.0.0.1 (DNS rebinding).
/// </summary>
internal sealed class OriginGuard(RequestDelegate next, ApiOptions options)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (options.LoopbackOnly && !IsLoopbackName(http.Request.Host.Host))
            return Refuse(http, $"this API answers to localhost, not to '{http.Request.Host.Host}'");

        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwn(origin, http.Request) && !options.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            return Refuse(http, "the page's origin is not among CORS_ORIGINS");
        return next(http);
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsOwn(string origin, HttpRequest request) =>
        string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext http, string detail) =>
        Problems.Of(StatusCodes.Status403Forbidden, "Forbidden", detail).ExecuteAsync(http);
}
