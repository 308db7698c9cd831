using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Interop.Api.Http;

/// <summary>Errors as application/problem+json, with a trace id that leads to the log.</summary>
internal static class Problems
{
    public static ProblemHttpResult BadRequest(string detail, params (string Key, object Value)[] extensions) =>
        Of(StatusCodes.Status400BadRequest, "Bad request", detail, extensions);

    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, "Not found", detail);

    public static ProblemHttpResult Conflict(string detail, params (string Key, object Value)[] extensions) =>
        Of(StatusCodes.Status409Conflict, "Conflict", detail, extensions);

    public static ProblemHttpResult BadGateway(string detail, params (string Key, object Value)[] extensions) =>
        Of(StatusCodes.Status502BadGateway, "Upstream failed", detail, extensions);

    /// <summary>Completes every problem, ours and the framework's own (an unknown path, a wrong method).</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        context.ProblemDetails.Extensions.Remove("trace_id"); // the framework's own, spelled by the naming policy of the bodies
        // Without a listener there is no trace; the request id leads to the log as well.
        context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
        context.ProblemDetails.Detail ??=
            $"{context.ProblemDetails.Title}: {context.HttpContext.Request.Method} {context.HttpContext.Request.Path}";
    }

    public static ProblemHttpResult Of(int status, string title, string detail, params (string Key, object Value)[] extensions)
    {
        var problem = new ProblemDetails
        {
            Status = status,
            Title = title,
            Detail = detail,
            Type = $"https://httpstatuses.io/{status}",
        };
        foreach (var (key, value) in extensions)
            problem.Extensions[key] = value;
        return TypedResults.Problem(problem);
    }
}
