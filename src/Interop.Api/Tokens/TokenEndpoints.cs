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

/// <summary>The tokens of OpenEMR tenants: whether there are any, never what they are.</summary>
public static class TokenEndpoints
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(300);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/api/tokens").WithTags("Tokens").RequireRole(AccessRole.Viewer).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        tokens.MapGet("/status", StatusAsync).WithName("TokenStatus").WithSummary("Whether a tenant has a token, and for how long")
            .WithExample(TokenExamples.Status);
        tokens.MapPost("/refresh", RefreshAsync).RequireRole(AccessRole.Operator).WithName("RefreshToken").WithSummary("Fetch a new token with the configured credentials")
            .WithExample(TokenExamples.Refreshed).WithErrorExample(StatusCodes.Status502BadGateway, "OpenEMR refused: invalid_grant")
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway).ProducesProblem(StatusCodes.Status504GatewayTimeout);
        tokens.MapPost("/manual", ManualAsync).RequireRole(AccessRole.Admin).WithName("FetchToken").WithMetadata(new OwnBodyLimit()).WithSummary("Fetch a token with other credentials, which are not kept")
            .WithExample(TokenExamples.Manual).WithErrorExample(StatusCodes.Status502BadGateway, "OpenEMR refused: invalid_grant")
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway).ProducesProblem(StatusCodes.Status504GatewayTimeout);
    }

    private static async Task<Results<Ok<TokenStatusResponse>, ProblemHttpResult>> StatusAsync(IGrainFactory grains, string tenant = TenantName.Default)
    {
        if (!TenantName.IsValid(tenant))
            return JsonBody.Invalid();
        var status = await grains.GetGrain<ITokenGrain>(tenant).GetStatus();
        return TypedResults.Ok(new TokenStatusResponse(
            status.IsPresent, (long)(status.ExpiresIn ?? TimeSpan.Zero).TotalSeconds, status.ExpiresIn is not { } left || left <= Soon));
    }

    private static async Task<Results<Ok<TokenRefreshResponse>, ProblemHttpResult>> RefreshAsync(IGrainFactory grains, string tenant = TenantName.Default)
    {
        if (!TenantName.IsValid(tenant))
            return JsonBody.Invalid();
        var answer = await grains.GetGrain<ITokenGrain>(tenant).Refresh();
        return Problem(answer.Outcome, answer.Problem) is { } problem
            ? problem
            : TypedResults.Ok(new TokenRefreshResponse(
                answer.IsPresent, (long)answer.ExpiresIn.TotalSeconds, answer.ExpiresIn <= Soon, answer.ExpiresAt?.ToUnixTimeSeconds() ?? 0, answer.Scope));
    }

    private static async Task<Results<Ok<TokenManualResponse>, ProblemHttpResult>> ManualAsync(
        HttpContext http, IGrainFactory grains, string tenant = TenantName.Default)
    {
        var asked = await JsonBody.ReadAsync<TokenManualRequest>(http, Json);
        if (!TenantName.IsValid(tenant)
            || asked is not { ClientId.Length: > 0, ClientSecret.Length: > 0, Username.Length: > 0, Password.Length: > 0 })
            return JsonBody.Invalid();
        var answer = await grains.GetGrain<ITokenGrain>(tenant)
            .FetchManually(new ManualCredentials(asked.ClientId, asked.ClientSecret, asked.Username, asked.Password, asked.Scope));
        return Problem(answer.Outcome, answer.Problem) is { } problem
            ? problem
            : TypedResults.Ok(new TokenManualResponse(answer.IsPresent, (long)answer.ExpiresIn.TotalSeconds, answer.Scope));
    }

    /// <summary>Null when a token was granted.</summary>
    internal static ProblemHttpResult? Problem(TokenOutcome outcome, string? message) => outcome switch
    {
        TokenOutcome.Granted => null,
        TokenOutcome.NotConfigured => JsonBody.WithMessage(StatusCodes.Status500InternalServerError, "Not configured", message!),
        TokenOutcome.TimedOut => JsonBody.WithMessage(StatusCodes.Status504GatewayTimeout, "Upstream timed out", message!),
        _ => JsonBody.WithMessage(StatusCodes.Status502BadGateway, "Upstream failed", message!),
    };
}

/// <summary>Names of tenants, as settings can have them.</summary>
internal static class TenantName
{
    public const string Default = "default";

    public static bool IsValid(string name) => name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>Credentials for one request.</summary>
public sealed record TokenManualRequest(string? ClientId, string? ClientSecret, string? Username, string? Password, string? Scope)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>Whether there is a token; soon is within 300 s.</summary>
public sealed record TokenStatusResponse(bool TokenPresent, long ExpiresInSeconds, bool ExpiresSoon);

/// <summary>The token that was fetched.</summary>
public sealed record TokenRefreshResponse(
    bool TokenPresent,
    long ExpiresInSeconds,
    bool ExpiresSoon,
    long ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Scope);

/// <summary>The token that was fetched.</summary>
public sealed record TokenManualResponse(
    bool TokenPresent, long ExpiresInSeconds, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Scope);
