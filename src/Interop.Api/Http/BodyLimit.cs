using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Http;

/// <summary>Refuses a body that is longer than the server takes before a byte of it is read; no endpoint here needs one to say so itself.</summary>
internal sealed class BodyLimit(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var limit = http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        return http.Request.ContentLength > limit
            ? Problems.Of(StatusCodes.Status413PayloadTooLarge, "Too large", $"the body has {http.Request.ContentLength} bytes; at most {limit} are taken").ExecuteAsync(http)
            : next(http);
    }
}
