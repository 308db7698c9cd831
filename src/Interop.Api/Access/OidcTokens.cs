using System.Text.Json;
using Interop.Access;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Interop.Api.Access;

/// <summary>Tokens of the OpenID Connect issuer. Its keys are fetched by discovery, and again when a token names an unknown key.</summary>
internal sealed partial class OidcTokens(AccessOptions options, IHttpClientFactory http, TimeProvider time, ILogger<OidcTokens> log)
    : IDisposable
{
    public const string HttpClientName = "oidc";

    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinRefreshInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    private readonly JsonWebTokenHandler _handler = new();
    private readonly SemaphoreSlim _refresh = new(1, 1);
    private IReadOnlyList<SecurityKey> _keys = [];
    private DateTimeOffset _fetchedAt = DateTimeOffset.MinValue;

    /// <summary>Whether the token says that it is of this issuer; that is not checked yet.</summary>
    public bool Claims(string token) =>
        options.Oidc is { Issuer: { } issuer } && TokenForm.IsSigned(token) && _handler.CanReadToken(token) && Issuer(token) == issuer;

    /// <summary>The caller of a valid token; the role is null when the token has none of the configured roles.</summary>
    public async Task<(string Name, AccessRole? Role)?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var oidc = options.Oidc!;
        var result = await ValidateAsync(token, oidc, await KeysAsync(mustBeNew: false, cancellationToken));
        if (!result.IsValid && result.Exception is SecurityTokenSignatureKeyNotFoundException)
            result = await ValidateAsync(token, oidc, await KeysAsync(mustBeNew: true, cancellationToken));
        if (!result.IsValid)
            return null;
        var jwt = (JsonWebToken)result.SecurityToken;
        var roles = jwt.Claims.Where(claim => claim.Type == oidc.RoleClaim).Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal);
        AccessRole? role =
            roles.Contains(oidc.AdminRole) ? AccessRole.Admin
            : roles.Contains(oidc.OperatorRole) ? AccessRole.Operator
            : roles.Contains(oidc.ViewerRole) ? AccessRole.Viewer
            : null;
        return (jwt.Subject is { Length: > 0 } subject ? subject : "unknown", role);
    }

    /// <inheritdoc/>
    public void Dispose() => _refresh.Dispose();

    // The last one is the time-out of the HTTP client.
    private static bool IsFetchFailure(Exception e) =>
        e
            is HttpRequestException
                or JsonException
                or InvalidDataException
                or KeyNotFoundException
                or UriFormatException
                or OperationCanceledException;

    private string? Issuer(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token).Issuer;
        }
        catch (Exception e) when (e is ArgumentException or JsonException or SecurityTokenException or FormatException)
        {
            return null; // not a token
        }
    }

    private Task<TokenValidationResult> ValidateAsync(string token, OidcOptions oidc, IReadOnlyList<SecurityKey> keys) =>
        _handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidIssuer = oidc.Issuer,
                ValidAudience = oidc.Audience,
                ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
                IssuerSigningKeys = keys,
                LifetimeValidator = (notBefore, expires, _, _) =>
                    time.GetUtcNow().UtcDateTime is var now && !(notBefore > now + ClockSkew) && expires > now - ClockSkew,
            }
        );

    private async Task<IReadOnlyList<SecurityKey>> KeysAsync(bool mustBeNew, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - _fetchedAt < (mustBeNew ? MinRefreshInterval : KeyLifetime))
            return _keys;
        await _refresh.WaitAsync(cancellationToken);
        try
        {
            if (time.GetUtcNow() - _fetchedAt < (mustBeNew ? MinRefreshInterval : KeyLifetime))
                return _keys;
            _keys = await FetchAsync(cancellationToken);
            _fetchedAt = time.GetUtcNow();
        }
        catch (Exception e) when (IsFetchFailure(e) && !cancellationToken.IsCancellationRequested)
        {
            LogFetchFailed(options.Oidc!.Issuer!, e.Message);
            _fetchedAt = time.GetUtcNow() - KeyLifetime + MinRefreshInterval; // older keys stay valid; the next attempt is in a minute
        }
        finally
        {
            _refresh.Release();
        }

        return _keys;
    }

    private async Task<IReadOnlyList<SecurityKey>> FetchAsync(CancellationToken cancellationToken)
    {
        var issuer = options.Oidc!.Issuer!;
        var client = http.CreateClient(HttpClientName);
        using var discovery = JsonDocument.Parse(
            await client.GetStringAsync($"{issuer.TrimEnd('/')}/.well-known/openid-configuration", cancellationToken)
        );
        if (discovery.RootElement.GetProperty("issuer").GetString() != issuer)
            throw new InvalidDataException($"the discovery document is of another issuer: {discovery.RootElement.GetProperty("issuer")}");
        var keys = new Uri(discovery.RootElement.GetProperty("jwks_uri").GetString()!);
        if (keys.Scheme != "https" && !keys.IsLoopback)
            throw new InvalidDataException($"jwks_uri is not https: {keys}");
        return [.. new JsonWebKeySet(await client.GetStringAsync(keys, cancellationToken)).GetSigningKeys()];
    }

    [LoggerMessage(3101, LogLevel.Warning, "The keys of the OpenID Connect issuer {Issuer} cannot be fetched: {Reason}")]
    private partial void LogFetchFailed(string issuer, string reason);
}
