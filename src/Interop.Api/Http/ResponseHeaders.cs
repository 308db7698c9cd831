using Interop.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Interop.Api.Http;

/// <summary>
/// Adds the headers of every answer: <c>X-Request-ID</c>, which is the caller's own when it is well-formed and appears in every log line of
/// the request and of the grain calls that it causes, and the security headers.
/// </summary>
internal sealed class ResponseHeaders(RequestDelegate next, ILogger<ResponseHeaders> log)
{
    private const string RequestId = "X-Request-ID";
    private const int MaxLength = 128;
    private const string DataPolicy = "default-src 'none'; frame-ancestors 'none'";
    private const string PagePolicy =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    // The dashboard: its own scripts and no inline ones, a WebSocket to this server, and style attributes, which bars and charts need.
    private const string DashboardPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("request {RequestId}");

    public async Task InvokeAsync(HttpContext http)
    {
        var asked = http.Request.Headers[RequestId].ToString();
        var id = IsWellFormed(asked) ? asked : Guid.NewGuid().ToString("N");
        http.TraceIdentifier = id;
        http.Response.OnStarting(SetHeaders, http);
        RequestContext.Set(RequestScope.RequestId, id);
        using (Scope(log, id))
            await next(http);
    }

    // At the start of the answer, because the handler of exceptions clears the headers.
    private static Task SetHeaders(object context)
    {
        var http = (HttpContext)context;
        var headers = http.Response.Headers;
        var isPage = http.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) ?? false;
        Set(
            headers,
            http.TraceIdentifier,
            !isPage ? DataPolicy
                : PageSelection.IsPage(http.GetEndpoint()) ? DashboardPolicy
                : PagePolicy
        );
        if (http.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        return Task.CompletedTask;
    }

    /// <summary>Sets the headers that every answer has.</summary>
    public static void Set(IHeaderDictionary headers, string requestId, string contentPolicy = DataPolicy)
    {
        headers[RequestId] = requestId;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = contentPolicy;
    }

    private static bool IsWellFormed(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/');
}
