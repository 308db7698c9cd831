using Interop.Health;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Interop.Api.Http;

/// <summary>Turns exceptions that no endpoint handles into a problem without internal details; the log has the details.</summary>
internal sealed partial class FailureHandler(ILogger<FailureHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && http.RequestAborted.IsCancellationRequested)
            return true; // the caller disconnected: no answer is needed
        var problem = exception switch
        {
            BadHttpRequestException bad => Problems.Of(bad.StatusCode, "Bad request", bad.Message),
            StorageFullException full => Problems.Of(StatusCodes.Status507InsufficientStorage, "Insufficient storage", full.Message),
            NotReadyException notReady => Problems.Of(StatusCodes.Status503ServiceUnavailable, "Not ready", notReady.Message),
            TimeoutException or EnumerationAbortedException or OrleansException => Problems.Of(
                StatusCodes.Status503ServiceUnavailable,
                "Not ready",
                "the engine did not answer in time"
            ),
            _ => null,
        };
        if (problem is null)
        {
            LogFailure(exception, http.Request.Method, http.Request.Path);
            problem = Problems.Of(
                StatusCodes.Status500InternalServerError,
                "Internal error",
                "an unexpected error; the log has it under this traceId and X-Request-ID"
            );
        }
        else if (problem.StatusCode == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = "5";
        }

        await problem.ExecuteAsync(http);
        return true;
    }

    [LoggerMessage(3001, LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private partial void LogFailure(Exception e, string method, string path);
}
