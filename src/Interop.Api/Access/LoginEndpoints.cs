using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Access;

/// <summary>Logging in and out.</summary>
public static class LoginEndpoints
{
    private const string Example = """{"access_token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"}""";
    private const string Wrong = "Invalid username or password";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void MapLogin(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost("/login", LoginAsync)
            .AllowAnonymous()
            .RequireRateLimiting(AccessServices.LoginPolicy)
            .WithMetadata(new OwnBodyLimit())
            .WithTags("Access")
            .WithName("Login")
            .Audited(AuditAction.Login)
            .WithSummary("Exchange a name and a password for a token of one day; a browser also gets a session cookie")
            .WithRequestBody(
                typeof(LoginRequest),
                "The name and the password of a user",
                """{"username":"ada","password":"correct horse battery"}"""
            )
            .WithExample(Example)
            .WithErrorExample(StatusCodes.Status401Unauthorized, Wrong)
            .WithErrorExample(StatusCodes.Status429TooManyRequests, "too many failed logins: try again in 840 s")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        routes
            .MapPost("/logout", LogoutAsync)
            .AllowAnonymous()
            .WithTags("Access")
            .WithName("Logout")
            .Audited(AuditAction.Logout)
            .WithSummary("Remove the session cookie of a browser");
    }

    private static async Task<Results<Ok<LoginResponse>, ProblemHttpResult>> LoginAsync(
        HttpContext http,
        IGrainFactory grains,
        SessionTokens sessions
    )
    {
        var (body, error) = await JsonBody.ReadAsync<LoginRequest>(http, Json);
        if (body is not { Username: { } name, Password: { } password })
            return JsonBody.Invalid(error ?? new FieldError(body?.Username is null ? "username" : "password", "is required"));
        AuditedCaller.Set(http, name);
        var address = http.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        var result = await grains.GetGrain<IAccessGrain>(QueryGrains.AnyKey()).Login(new LoginAttempt(name, password, address));
        if (result.RetryAfter is { } wait)
        {
            var seconds = (long)Math.Ceiling(wait.TotalSeconds);
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Refused(StatusCodes.Status429TooManyRequests, "Too many requests", $"too many failed logins: try again in {seconds} s");
        }

        if (result.Identity is not { } user)
            return Refused(StatusCodes.Status401Unauthorized, "Unauthorized", Wrong);
        var token = sessions.Issue(user);
        http.Response.Cookies.Append(CallerAuthentication.CookieName, token, Cookie(http, SessionTokens.Lifetime));
        return TypedResults.Ok(new LoginResponse(token));
    }

    private static async Task<NoContent> LogoutAsync(HttpContext http, CallerAuthentication authentication)
    {
        if (await authentication.AuthenticateAsync(http) is { Failure: null } caller)
            http.User = caller.User; // for the audit trail
        http.Response.Cookies.Delete(CallerAuthentication.CookieName, Cookie(http, null));
        return TypedResults.NoContent();
    }

    private static CookieOptions Cookie(HttpContext http, TimeSpan? lifetime) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = http.Request.IsHttps,
            Path = "/",
            MaxAge = lifetime,
        };

    /// <summary>With the <c>msg</c> that clients of the documented system read.</summary>
    private static ProblemHttpResult Refused(int status, string title, string detail) =>
        Problems.Of(status, title, detail, ("msg", detail));
}

/// <summary>Credentials. Their text form does not show them.</summary>
public sealed record LoginRequest(string? Username, string? Password)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <param name="AccessToken">A JWT for <c>Authorization: Bearer</c>.</param>
public sealed record LoginResponse([property: JsonPropertyName("access_token")] string AccessToken)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}
