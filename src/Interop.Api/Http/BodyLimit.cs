using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Http;

/// <summary>Refuses a body that is too long before a byte of it is read, except for endpoints with <see cref="OwnBodyLimit"/>.</summary>
internal sealed class BodyLimit(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<OwnBodyLimit>() is not null)
            return next(http);
        var limit = http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        return http.Request.ContentLength > limit
            ? Problems
                .Of(
                    StatusCodes.Status413PayloadTooLarge,
                    "Too large",
                    $"the body has {http.Request.ContentLength} bytes; at most {limit} are accepted"
                )
                .ExecuteAsync(http)
            : next(http);
    }
}

/// <summary>Metadata of an endpoint that checks the length of its bodies itself.</summary>
internal sealed class OwnBodyLimit;
