using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Interop.Api.Http;

/// <summary>Errors as application/problem+json, with a trace id that leads to the log.</summary>
internal static class Problems
{
    public static ProblemHttpResult BadRequest(string detail) => Of(StatusCodes.Status400BadRequest, "Bad request", detail);

    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, "Not found", detail);

    public static ProblemHttpResult Conflict(string detail, params (string Key, object Value)[] extensions) =>
        Of(StatusCodes.Status409Conflict, "Conflict", detail, extensions);

    public static ProblemHttpResult BadGateway(string detail, params (string Key, object Value)[] extensions) =>
        Of(StatusCodes.Status502BadGateway, "Upstream failed", detail, extensions);

    /// <summary>What the framework itself answers (an unknown path, a wrong method) gets the same members.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        context.ProblemDetails.Extensions.Remove("trace_id"); // the framework's own, spelled by the naming policy of the bodies
        context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? "";
        context.ProblemDetails.Detail ??= $"{context.ProblemDetails.Title}: {context.HttpContext.Request.Method} {context.HttpContext.Request.Path}";
    }

    public static ProblemHttpResult Of(int status, string title, string detail, params (string Key, object Value)[] extensions)
    {
        var problem = new ProblemDetails { Status = status, Title = title, Detail = detail, Type = $"https://httpstatuses.io/{status}" };
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? "";
        foreach (var (key, value) in extensions)
            problem.Extensions[key] = value;
        return TypedResults.Problem(problem);
    }
}
