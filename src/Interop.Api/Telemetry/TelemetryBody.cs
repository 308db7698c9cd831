using System.Buffers;
using System.IO.Pipelines;
using Interop.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Interop.Api.Telemetry;

/// <summary>Reads the body of a request, up to the largest size.</summary>
internal static class TelemetryBody
{
    private const int MaxBytes = 1024 * 1024;
    private const int KeptBytes = 4 * 1024; // of a body that is too long

    /// <summary>The body. Of one that is too long only the beginning is returned, and the rest is not read.</summary>
    public static async Task<Submission> ReadAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null; // the server would answer 413
        var pipe = http.Request.BodyReader;
        while (true)
        {
            var result = await pipe.ReadAsync(http.RequestAborted);
            var buffer = result.Buffer;
            if (buffer.Length > MaxBytes)
                return Take(pipe, buffer.Slice(0, KeptBytes), isTooLong: true);
            if (result.IsCompleted)
                return Take(pipe, buffer, isTooLong: false);
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static Submission Take(PipeReader pipe, ReadOnlySequence<byte> buffer, bool isTooLong)
    {
        var bytes = buffer.ToArray();
        pipe.AdvanceTo(buffer.End);
        return new Submission(bytes, isTooLong);
    }
}
