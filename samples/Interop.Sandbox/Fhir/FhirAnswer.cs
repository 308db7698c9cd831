using System.IO.Compression;
using Interop.Sandbox.Faults;
using Microsoft.Net.Http.Headers;

namespace Interop.Sandbox.Fhir;

/// <summary>One answer. It is complete in memory before it is sent, so that its length is known and a fault can cut it at any
/// position.</summary>
internal sealed class FhirAnswer(int status = 200)
{
    private const string FhirJson = "application/fhir+json; charset=utf-8";
    private const int SlowPieces = 20;

    public Utf8Builder Body { get; } = Utf8Builder.Rent();

    public List<(string Name, string Value)> Headers { get; } = [];

    public static FhirAnswer Error(int status, string code, params IEnumerable<string> diagnostics)
    {
        var answer = new FhirAnswer(status);
        OperationOutcomes.Append(answer.Body, status is 429 or 503 ? "warning" : "error", code, diagnostics);
        return answer;
    }

    public async Task SendAsync(HttpContext context)
    {
        var plan = FaultPlan.Of(context);
        var response = context.Response;
        response.StatusCode = status;
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        if (plan.Find(FaultKind.TruncatedJson) is { } truncated)
            Body.Truncate(Cut(truncated, Body.Length));

        var bytes = Body.Memory;
        if (bytes.Length > 0)
            response.ContentType = plan.Find(FaultKind.WrongContentType) is { } wrong
                ? wrong.ContentType ?? "text/html; charset=utf-8"
                : FhirJson;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (bytes.Length > 1024 && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            bytes = Compress(bytes.Span);
            response.Headers.ContentEncoding = "gzip";
        }
        if (status != StatusCodes.Status204NoContent)
            response.ContentLength = bytes.Length;
        context.RequestServices.GetRequiredService<Control.SandboxCounters>().Sent(bytes.Length);

        if (plan.Find(FaultKind.BrokenConnection) is { } broken)
        {
            await response.Body.WriteAsync(bytes[..Cut(broken, bytes.Length)], context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
        else if (plan.Find(FaultKind.SlowBody) is { } slow)
        {
            await TrickleAsync(context, bytes, TimeSpan.FromSeconds(slow.Seconds ?? 2));
        }
        else if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes, context.RequestAborted);
        }
        Body.Return();
    }

    private static int Cut(FaultRule rule, int length) => (int)Math.Min(length - 1, rule.Bytes ?? (long)(length * (rule.Fraction ?? 0.5)));

    private static async Task TrickleAsync(HttpContext context, ReadOnlyMemory<byte> bytes, TimeSpan duration)
    {
        var time = context.RequestServices.GetRequiredService<SandboxOptions>().Time;
        var piece = Math.Max(1, bytes.Length / SlowPieces);
        for (var at = 0; at < bytes.Length; at += piece)
        {
            await context.Response.Body.WriteAsync(bytes.Slice(at, Math.Min(piece, bytes.Length - at)), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(duration / SlowPieces, time, context.RequestAborted);
        }
    }

    private static byte[] Compress(ReadOnlySpan<byte> bytes)
    {
        using var compressed = new MemoryStream(bytes.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return compressed.ToArray();
    }
}
