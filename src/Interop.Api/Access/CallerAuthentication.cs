using Interop.Access;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Access;

/// <summary>
/// Authenticates a caller by <c>X-Api-Key</c>, by a bearer token of this server or of the OpenID Connect issuer, or by the session cookie.
/// The cookie counts for a change only when the request comes from a page of this server.
/// </summary>
internal sealed class CallerAuthentication(CallerDirectory callers, SessionTokens sessions, OidcTokens oidc)
{
    public const string CookieName = "interop_session";

    private const string ApiKeyHeader = "X-Api-Key";
    private const string BearerPrefix = "Bearer ";

    private static readonly Caller Anyone = Caller.Of("anonymous", AccessRole.Admin);

    private static readonly Caller NoCredentials = Caller.Refused(
        "log in at POST /login and send the token as 'Authorization: Bearer TOKEN', or send an X-Api-Key"
    );

    private static readonly Caller InvalidKey = Caller.Refused("the API key is not valid");

    private static readonly Caller InvalidToken = Caller.Refused(
        "the token is not valid, has expired, or its session has ended: log in again"
    );

    public async ValueTask<Caller> AuthenticateAsync(HttpContext http)
    {
        var headers = http.Request.Headers;
        if (headers.TryGetValue(ApiKeyHeader, out var key))
            return await callers.FindApiKeyAsync(key.ToString()) is { } sender ? Caller.OfApiKey(sender.Name, sender.Role) : InvalidKey;
        if (headers.Authorization.ToString() is { Length: > 0 } authorization)
        {
            return authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
                ? await ReadTokenAsync(authorization[BearerPrefix.Length..].Trim(), http.RequestAborted) ?? InvalidToken
                : Caller.Refused("the Authorization header must be 'Bearer TOKEN'");
        }

        if (
            headers.Cookie.Count > 0
            && http.Request.Cookies[CookieName] is { Length: > 0 } cookie
            && IsFromOwnPage(http.Request)
            && await ReadTokenAsync(cookie, http.RequestAborted) is { } session
        )
            return session;
        return await callers.IsOpenAsync() ? Anyone : NoCredentials;
    }

    private static bool IsFromOwnPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        || HttpMethods.IsHead(request.Method)
        || HttpMethods.IsOptions(request.Method)
        || string.Equals(request.Headers.Origin.ToString(), $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private async Task<Caller?> ReadTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (oidc.Claims(token))
            return await oidc.ReadAsync(token, cancellationToken) is { } caller ? Caller.Of(caller.Name, caller.Role) : null;
        return
            await sessions.ReadAsync(token) is { } session
            && await callers.FindUserAsync(session.Name) is { } user
            && user.Stamp == session.Stamp
            ? Caller.Of(user.Name, user.Role, user.Stamp)
            : null;
    }
}
