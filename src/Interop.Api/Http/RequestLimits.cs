using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Http;

/// <summary>
/// Limits the target and the headers of a request, with a body that says so. Kestrel's own limits lie above these, because its refusals
/// have no body.
/// </summary>
internal sealed class RequestLimits(RequestDelegate next)
{
    public const int MaxTargetLength = 8 * 1024;
    public const int MaxHeadersLength = 32 * 1024;

    public Task InvokeAsync(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget.Length ?? 0;
        if (target > MaxTargetLength)
            return Problems
                .Of(
                    StatusCodes.Status414UriTooLong,
                    "URI too long",
                    $"the path and query have {target} characters; at most {MaxTargetLength} are accepted"
                )
                .ExecuteAsync(http);
        var headers = 0;
        foreach (var (name, values) in http.Request.Headers)
        {
            headers += name.Length;
            foreach (var value in values)
                headers += value?.Length ?? 0;
        }

        return headers > MaxHeadersLength
            ? Problems
                .Of(
                    StatusCodes.Status431RequestHeaderFieldsTooLarge,
                    "Headers too large",
                    $"the headers have {headers} characters; at most {MaxHeadersLength} are accepted"
                )
                .ExecuteAsync(http)
            : next(http);
    }
}
