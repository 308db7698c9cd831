using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Tokens;

/// <summary>The tokens of OpenEMR tenants: their state, never their values.</summary>
public static class TokenEndpoints
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(300);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes
            .MapGroup("/api/tokens")
            .WithTags("Tokens")
            .RequireRole(AccessRole.Viewer)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        tokens
            .MapGet("/status", StatusAsync)
            .WithName("TokenStatus")
            .NotAudited("whether there is a token, not the token")
            .WithSummary("Tell whether a tenant has a token, and how long it is valid")
            .WithExample(TokenExamples.Status);
        tokens
            .MapPost("/refresh", RefreshAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("RefreshToken")
            .Audited(AuditAction.Execute)
            .WithSummary("Request a new token with the configured credentials")
            .WithExample(TokenExamples.Refreshed)
            .WithErrorExample(StatusCodes.Status502BadGateway, "OpenEMR refused the token request: invalid_grant")
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status504GatewayTimeout);
        tokens
            .MapPost("/manual", ManualAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("FetchToken")
            .Audited(AuditAction.Execute)
            .WithMetadata(new OwnBodyLimit())
            .WithSummary("Request a token with other credentials, which are not kept")
            .WithRequestBody(
                typeof(TokenManualRequest),
                "The credentials; all members but scope are required and must not be empty",
                TokenExamples.ManualRequest
            )
            .WithExample(TokenExamples.Manual)
            .WithErrorExample(StatusCodes.Status502BadGateway, "OpenEMR refused the token request: invalid_grant")
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status504GatewayTimeout);
    }

    private static async Task<Results<Ok<TokenStatusResponse>, ProblemHttpResult>> StatusAsync(
        IGrainFactory grains,
        [Description(TenantName.Description)] string tenant = TenantName.Default
    )
    {
        if (TenantName.Error(tenant) is { } error)
            return JsonBody.Invalid(error);
        var status = await grains.GetGrain<ITokenGrain>(tenant).GetStatus();
        return TypedResults.Ok(
            new TokenStatusResponse(
                status.IsPresent,
                (long)(status.ExpiresIn ?? TimeSpan.Zero).TotalSeconds,
                status.ExpiresIn is not { } left || left <= Soon
            )
        );
    }

    private static async Task<Results<Ok<TokenRefreshResponse>, ProblemHttpResult>> RefreshAsync(
        IGrainFactory grains,
        [Description(TenantName.Description)] string tenant = TenantName.Default
    )
    {
        if (TenantName.Error(tenant) is { } error)
            return JsonBody.Invalid(error);
        var answer = await grains.GetGrain<ITokenGrain>(tenant).Refresh();
        return Problem(answer.Outcome, answer.Problem) is { } problem
            ? problem
            : TypedResults.Ok(
                new TokenRefreshResponse(
                    answer.IsPresent,
                    (long)answer.ExpiresIn.TotalSeconds,
                    answer.ExpiresIn <= Soon,
                    answer.ExpiresAt?.ToUnixTimeSeconds() ?? 0,
                    answer.Scope
                )
            );
    }

    private static async Task<Results<Ok<TokenManualResponse>, ProblemHttpResult>> ManualAsync(
        HttpContext http,
        IGrainFactory grains,
        [Description(TenantName.Description)] string tenant = TenantName.Default
    )
    {
        var (body, bodyError) = await JsonBody.ReadAsync<TokenManualRequest>(http, Json);
        if (body is null)
            return JsonBody.Invalid(new[] { TenantName.Error(tenant), bodyError }.OfType<FieldError>());
        FieldError[] errors =
        [
            .. new[] { TenantName.Error(tenant) }.OfType<FieldError>(),
            .. new[]
            {
                ("client_id", body.ClientId),
                ("client_secret", body.ClientSecret),
                ("username", body.Username),
                ("password", body.Password),
            }
                .Where(m => string.IsNullOrEmpty(m.Item2))
                .Select(m => new FieldError(m.Item1, "is required and must not be empty")),
        ];
        if (errors.Length > 0)
            return JsonBody.Invalid(errors);
        var answer = await grains
            .GetGrain<ITokenGrain>(tenant)
            .FetchManually(new ManualCredentials(body.ClientId!, body.ClientSecret!, body.Username!, body.Password!, body.Scope));
        return Problem(answer.Outcome, answer.Problem) is { } problem
            ? problem
            : TypedResults.Ok(new TokenManualResponse(answer.IsPresent, (long)answer.ExpiresIn.TotalSeconds, answer.Scope));
    }

    /// <summary>Null: a token was granted.</summary>
    internal static ProblemHttpResult? Problem(TokenOutcome outcome, string? message) =>
        outcome switch
        {
            TokenOutcome.Granted => null,
            TokenOutcome.NotConfigured => JsonBody.WithMessage(StatusCodes.Status500InternalServerError, "Not configured", message!),
            TokenOutcome.TimedOut => JsonBody.WithMessage(StatusCodes.Status504GatewayTimeout, "Upstream timed out", message!),
            _ => JsonBody.WithMessage(StatusCodes.Status502BadGateway, "Upstream failed", message!),
        };
}

/// <summary>The names that tenants can have in the settings.</summary>
internal static class TenantName
{
    public const string Default = "default";
    public const string Description = "The name of a tenant of the settings";

    /// <summary>Null: the name is valid.</summary>
    public static FieldError? Error(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? null
            : new("tenant", "must have 1 to 64 characters: letters, digits, '-', '_' and '.'");
}

/// <summary>Credentials for one request.</summary>
public sealed record TokenManualRequest(
    [property: Required] string? ClientId = null,
    [property: Required] string? ClientSecret = null,
    [property: Required] string? Username = null,
    [property: Required] string? Password = null,
    string? Scope = null
)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>The state of a tenant's token: the message <see cref="TokenStatus"/> in the documented form. <c>expires_soon</c>: within 300 s,
/// or there is no token.</summary>
public sealed record TokenStatusResponse(bool TokenPresent, long ExpiresInSeconds, bool ExpiresSoon);

/// <summary>The state of the new token.</summary>
public sealed record TokenRefreshResponse(
    bool TokenPresent,
    long ExpiresInSeconds,
    bool ExpiresSoon,
    long ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Scope
);

/// <summary>The state of the new token.</summary>
public sealed record TokenManualResponse(
    bool TokenPresent,
    long ExpiresInSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Scope
);
