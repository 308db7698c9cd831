using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Http;

/// <summary>
/// Refuses a body with the character NUL in any text of its JSON, or in a field of a form, because PostgreSQL cannot store it. Endpoints
/// with <see cref="OwnNulCheck"/> replace or reject it themselves. QueryCheck does the same for the query.
/// </summary>
internal sealed class NulCheck(RequestDelegate next)
{
    private const int BufferBytes = 1024 * 1024;

    public async Task InvokeAsync(HttpContext http)
    {
        if (!IsChecked(http))
        {
            await next(http);
            return;
        }

        var limit = http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? BufferBytes;
        http.Request.EnableBuffering(BufferBytes, limit + 1);
        if (await HasNulAsync(http))
        {
            await Problems.BadRequest("the body must not contain the character NUL (\\u0000)").ExecuteAsync(http);
            return;
        }

        http.Request.Body.Position = 0;
        await next(http);
    }

    private static bool IsChecked(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
        && http.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<OwnNulCheck>() is null;

    /// <summary>Looks for the escape \u0000. A backslash that is escaped itself begins no escape. JSON has no other way to write
    /// NUL.</summary>
    private static async Task<bool> HasNulAsync(HttpContext http)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes / 64);
        try
        {
            var isForm = http.Request.HasFormContentType;
            int matched = 0,
                formMatched = 0,
                read;
            while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                foreach (var b in buffer.AsSpan(0, read))
                {
                    matched = Next(matched, b);
                    formMatched =
                        b == FormEscape[formMatched] ? formMatched + 1
                        : b == '%' ? 1
                        : 0;
                    if (matched == Escape.Length || (isForm && formMatched == FormEscape.Length))
                        return true;
                    formMatched %= FormEscape.Length;
                }
            }
        }
        catch (BadHttpRequestException)
        {
            // Too long, or broken off: the endpoint meets the same failure and answers it.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return false;
    }

    private static ReadOnlySpan<byte> FormEscape => "%00"u8;

    private static ReadOnlySpan<byte> Escape => "\\u0000"u8;

    /// <summary>How much of the escape is matched after another byte.</summary>
    private static int Next(int matched, byte b) =>
        matched == 1 && b == '\\' ? 0 // an escaped backslash
        : b == Escape[matched] ? matched + 1
        : b == '\\' ? 1
        : 0;
}

/// <summary>Metadata of an endpoint that handles NUL in its bodies itself.</summary>
internal sealed class OwnNulCheck;
