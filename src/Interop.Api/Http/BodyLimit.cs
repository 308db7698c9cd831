using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Http;

/// <summary>Refuses a body that is longer than the server takes before a byte of it is read, so that only who answers otherwise needs to say so (<see cref="OwnBodyLimit"/>).</summary>
internal sealed class BodyLimit(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<OwnBodyLimit>() is not null)
            return next(http);
        var limit = http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        return http.Request.ContentLength > limit
            ? Problems.Of(StatusCodes.Status413PayloadTooLarge, "Too large", $"the body has {http.Request.ContentLength} bytes; at most {limit} are taken").ExecuteAsync(http)
            : next(http);
    }
}

/// <summary>An endpoint that looks at the length of its bodies itself, and answers in its own way.</summary>
internal sealed class OwnBodyLimit;
