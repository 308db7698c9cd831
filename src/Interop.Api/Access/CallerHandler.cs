using System.Security.Claims;
using System.Text.Encodings.Web;
using Interop.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Api.Access;

/// <summary>
/// Authenticates a caller by <c>X-Api-Key</c>, by a bearer token of this server or of the OpenID Connect issuer, or by the session cookie.
/// The cookie counts for a change only when the request comes from a page of this server.
/// </summary>
internal sealed class CallerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    CallerDirectory callers,
    SessionTokens sessions,
    OidcTokens oidc
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Interop";
    public const string CookieName = "interop_session";

    /// <summary>The user's stamp: an open page of the dashboard sees by it that its session has ended.</summary>
    public const string StampClaim = "interop_stamp";

    private const string ApiKeyHeader = "X-Api-Key";
    private const string BearerPrefix = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return AuthenticateResult.NoResult();
        if (Request.Headers.TryGetValue(ApiKeyHeader, out var key))
            return Result(await callers.FindApiKeyAsync(key.ToString()), "the API key is not valid");
        if (Request.Headers.Authorization.ToString() is { Length: > 0 } authorization)
        {
            return authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
                ? await TokenAsync(authorization[BearerPrefix.Length..].Trim())
                : AuthenticateResult.Fail("the Authorization header must be 'Bearer TOKEN'");
        }

        if (Request.Cookies[CookieName] is { Length: > 0 } cookie && IsSafe && await TokenAsync(cookie) is { Succeeded: true } session)
            return session;
        return await callers.IsOpenAsync() ? Success("anonymous", AccessRole.Admin) : AuthenticateResult.NoResult();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (PageSelection.IsPage(Context.GetEndpoint()) && PageSelection.AcceptsHtml(Request))
        {
            Response.Redirect($"/sign-in?to={Uri.EscapeDataString(Request.Path + Request.QueryString)}");
            return;
        }

        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure?.Message;
        Response.Headers.WWWAuthenticate = "Bearer";
        await Problems
            .Of(
                StatusCodes.Status401Unauthorized,
                "Unauthorized",
                failure ?? "log in at POST /login and send the token as 'Authorization: Bearer TOKEN', or send an X-Api-Key"
            )
            .ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems
            .Of(
                StatusCodes.Status403Forbidden,
                "Forbidden",
                $"this needs the role {RequiredRole.Of(Context.GetEndpoint())?.ToString().ToLowerInvariant() ?? "(none declared)"}"
            )
            .ExecuteAsync(Context);

    private bool IsSafe =>
        HttpMethods.IsGet(Request.Method)
        || HttpMethods.IsHead(Request.Method)
        || HttpMethods.IsOptions(Request.Method)
        || string.Equals(Request.Headers.Origin.ToString(), $"{Request.Scheme}://{Request.Host}", StringComparison.OrdinalIgnoreCase);

    private async Task<AuthenticateResult> TokenAsync(string token)
    {
        if (oidc.Claims(token))
            return await oidc.ReadAsync(token, Context.RequestAborted) is { } caller ? Success(caller.Name, caller.Role) : Invalid();
        return
            await sessions.ReadAsync(token) is { } session
            && await callers.FindUserAsync(session.Name) is { } user
            && user.Stamp == session.Stamp
            ? Success(user.Name, user.Role, user.Stamp)
            : Invalid();
    }

    private static AuthenticateResult Invalid() =>
        AuthenticateResult.Fail("the token is not valid, has expired, or its session has ended: log in again");

    private static AuthenticateResult Result(CallerIdentity? identity, string failure) =>
        identity is null ? AuthenticateResult.Fail(failure) : Success(identity.Name, identity.Role);

    /// <summary>With a claim for the role and for each role below it.</summary>
    private static AuthenticateResult Success(string name, AccessRole? role, string? stamp = null)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], SchemeName);
        if (stamp is not null)
            identity.AddClaim(new Claim(StampClaim, stamp));
        foreach (var held in Enum.GetValues<AccessRole>().Where(held => held <= role))
            identity.AddClaim(new Claim(ClaimTypes.Role, RequiredRole.PolicyName(held)));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
