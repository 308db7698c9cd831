using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Interop.Api.Http;

/// <summary>Bodies of endpoints whose callers know one error for all that is wrong with them: 422, <c>Invalid request</c>.</summary>
internal static class JsonBody
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The body, or null when it is too long, no JSON, or of another shape.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext http, JsonSerializerOptions options)
        where T : class
    {
        if (http.Request.ContentLength > MaxBytes)
            return null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBytes;
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, options, http.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException or InvalidOperationException) // the last: half a surrogate pair
        {
            return null;
        }
    }

    /// <summary>What such an endpoint answers.</summary>
    public static ProblemHttpResult Invalid() => WithMessage(StatusCodes.Status422UnprocessableEntity, "Invalid request", "Invalid request");

    /// <summary>A problem with the <c>message</c> that callers read.</summary>
    public static ProblemHttpResult WithMessage(int status, string title, string message, params (string Key, object Value)[] extensions) =>
        Problems.Of(status, title, message, [("message", message), .. extensions]);
}
