using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Interop.Api.Http;

/// <summary>Bodies of endpoints that answer every invalid request with 422 and the message <c>Invalid request</c>.</summary>
internal static class JsonBody
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The body, or what is wrong with it as a whole.</summary>
    public static async Task<(T? Body, FieldError? Error)> ReadAsync<T>(HttpContext http, JsonSerializerOptions options)
        where T : class
    {
        if (http.Request.ContentLength > MaxBytes)
            return (null, TooLong);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBytes;
        try
        {
            var body = await JsonSerializer.DeserializeAsync<T>(http.Request.Body, options, http.RequestAborted);
            return body is null ? (null, new FieldError("body", "must be a JSON object")) : (body, null);
        }
        catch (JsonException e)
        {
            return (null, new FieldError(Field(e), "is not valid JSON, or has another type than documented"));
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLong : new FieldError("body", "could not be read"));
        }
        catch (InvalidOperationException)
        {
            return (null, new FieldError("body", "has a string with a lone surrogate"));
        }
    }

    /// <summary>422, with the documented message and the list of errors.</summary>
    public static ProblemHttpResult Invalid(params IEnumerable<FieldError> errors) =>
        WithMessage(StatusCodes.Status422UnprocessableEntity, "Invalid request", "Invalid request", ("errors", errors.ToArray()));

    /// <summary>A problem with the <c>message</c> that callers read.</summary>
    public static ProblemHttpResult WithMessage(int status, string title, string message, params (string Key, object Value)[] extensions) =>
        Problems.Of(status, title, message, [("message", message), .. extensions]);

    private static FieldError TooLong => new("body", $"is longer than {MaxBytes / 1024} KiB");

    /// <summary>The member that the exception names.</summary>
    private static string Field(JsonException e) =>
        e.Path is { Length: > 2 and < 100 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "body";
}

/// <summary>One error of a request. It names the field, and does not repeat its value.</summary>
internal sealed record FieldError(string Field, string Message);
