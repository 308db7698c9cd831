using System.Globalization;
using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.Faults;

/// <summary>Decides which faults hit a request, and carries out those that come before or instead of the answer.</summary>
internal sealed class FaultMiddleware(RequestDelegate next, FaultBook faults, SearchEndpoints search, SandboxOptions options)
{
    private const long HugeBytes = 256L * 1024 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        // The control endpoints are exempt: a client that set a fault must be able to remove it.
        var plan = context.Request.Path.StartsWithSegments("/sandbox") ? FaultPlan.Nothing : faults.Plan(search.Facts(context.Request));
        context.Features.Set(plan);
        if (plan.Find(FaultKind.ClockSkew) is { } skew)
            context.Response.Headers.Date = HttpDate(options.Time.GetUtcNow().AddSeconds(skew.Seconds ?? 3600));
        if (plan.Find(FaultKind.SlowHeaders) is { } slow)
            await Task.Delay(TimeSpan.FromSeconds(slow.Seconds ?? 2), options.Time, context.RequestAborted);
        var rule = plan.Replacement;
        if (rule is null && plan.Find(FaultKind.LostAnswer) is { } lost)
            await LoseAnswerAsync(context, TimeSpan.FromSeconds(lost.Seconds ?? 0));
        else if (rule is null)
            await next(context);
        else if (rule.Kind == FaultKind.HugeBody)
            await SendHugeBodyAsync(context, rule.Bytes ?? HugeBytes);
        else
            await Replace(rule).SendAsync(context);
    }

    private async Task LoseAnswerAsync(HttpContext context, TimeSpan duration)
    {
        context.Response.Body = Stream.Null;
        await next(context);
        if (duration > TimeSpan.Zero)
            await Task.Delay(duration, options.Time, context.RequestAborted);
        context.Abort();
    }

    private FhirAnswer Replace(FaultRule rule)
    {
        switch (rule.Kind)
        {
            case FaultKind.TooManyRequests:
                return RetryLater(FhirAnswer.Error(429, "throttled", "Too many requests."), rule);
            case FaultKind.Unavailable:
                return RetryLater(FhirAnswer.Error(503, "transient", "The server is not available."), rule);
            case FaultKind.Unauthorized:
                return FhirAnswer.Error(401, "login", "The credentials are not valid.");
            case FaultKind.Conflict:
                return FhirAnswer.Error(409, "conflict", "The resource was changed by another request.");
            case FaultKind.Unprocessable:
                return FhirAnswer.Error(422, "processing", "The content is not acceptable.");
            case FaultKind.ServerError:
                return FhirAnswer.Error(500, "exception", "Something went wrong in the server.");
            case FaultKind.ExpiredPaging:
                return FhirAnswer.Error(rule.Status ?? 410, "expired", "The search does not exist or has expired; search again.");
            case FaultKind.ExpiredExportFile:
                return FhirAnswer.Error(410, "expired", "The file has expired.");
            case FaultKind.OutcomeAnswer:
                return FhirAnswer.Error(200, "exception", "The search index is being rebuilt.");
            default:
                var answer = new FhirAnswer();
                answer.Body.Append("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"result\",\"valueBoolean\":true}]}"u8);
                return answer;
        }
    }

    private FhirAnswer RetryLater(FhirAnswer answer, FaultRule rule)
    {
        if (rule.RetryAfterSeconds is { } seconds)
        {
            answer.Headers.Add(
                (
                    "Retry-After",
                    rule.RetryAfterAsDate
                        ? HttpDate(options.Time.GetUtcNow().AddSeconds(seconds))
                        : Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture)
                )
            );
        }
        return answer;
    }

    /// <summary>JSON that begins like a Bundle and is very long. A client that reads all of it into memory runs out of memory.</summary>
    private static async Task SendHugeBodyAsync(HttpContext context, long size)
    {
        context.Response.ContentType = "application/fhir+json; charset=utf-8";
        await context.Response.Body.WriteAsync(
            "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":["u8.ToArray(),
            context.RequestAborted
        );
        var entry = "{\"resource\":{\"resourceType\":\"Basic\",\"code\":{\"text\":\"more\"}}},"u8;
        var piece = new byte[entry.Length * 1000];
        for (var at = 0; at < piece.Length; at += entry.Length)
            entry.CopyTo(piece.AsSpan(at));
        for (var sent = 0L; sent < size; sent += piece.Length)
            await context.Response.Body.WriteAsync(piece, context.RequestAborted);
        await context.Response.Body.WriteAsync(
            "{\"resource\":{\"resourceType\":\"Basic\",\"code\":{\"text\":\"last\"}}}]}"u8.ToArray(),
            context.RequestAborted
        );
    }

    private static string HttpDate(DateTimeOffset instant) => instant.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
}
