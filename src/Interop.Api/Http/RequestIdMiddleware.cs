using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Interop.Api.Http;

/// <summary>Gives every answer an <c>X-Request-ID</c>, the caller's own where it is a sane one, and every log line of the request the same.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, ILogger<RequestIdMiddleware> log)
{
    private const string Header = "X-Request-ID";
    private const int MaxLength = 128;
    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("request {RequestId}");

    public async Task InvokeAsync(HttpContext http)
    {
        var asked = http.Request.Headers[Header].ToString();
        var id = IsSane(asked) ? asked : Guid.NewGuid().ToString("N");
        http.TraceIdentifier = id;
        http.Response.OnStarting(SetHeader, http);
        using (Scope(log, id))
            await next(http);
    }

    private static Task SetHeader(object context)
    {
        var http = (HttpContext)context;
        http.Response.Headers[Header] = http.TraceIdentifier;
        return Task.CompletedTask;
    }

    // What goes into logs and headers is letters, digits and a few marks, never a line break.
    private static bool IsSane(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/');
}
