using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Interop.Sandbox.OpenEmr;

/// <summary>
/// OpenEMR's token endpoint, `POST /oauth2/{site}/token`: the grants password and refresh_token. The process that
/// hosts the sandbox sets its behaviour here. Faults with its path work too.
/// </summary>
public sealed class OpenEmrUpstream(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _accessTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _refreshTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _issued = [];
    private int _requests;
    private int _passwordGrants;
    private int _refreshGrants;

    public string ClientId { get; set; } = "interop-openemr";

    public string ClientSecret { get; set; } = "openemr-secret";

    public string Username { get; set; } = "admin";

    public string Password { get; set; } = "openemr-password";

    /// <summary>Appended to each access token, for answers that a client must refuse.</summary>
    public string AccessTokenSuffix { get; set; } = "";

    /// <summary>The lifetime of a token, also sent as `expires_in`. Zero and negative values are sent unchanged.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The delay of an answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Requests for a token, successful or not.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public int PasswordGrants => Volatile.Read(ref _passwordGrants);

    public int RefreshGrants => Volatile.Read(ref _refreshGrants);

    /// <summary>Every access and refresh token that was ever issued: for tests that search logs and files for leaked secrets.</summary>
    public IReadOnlyCollection<string> IssuedSecrets => [.. _issued];

    /// <summary>Whether a bearer token was issued here and has not expired.</summary>
    public bool IsValid(string? token) => token is not null && _accessTokens.TryGetValue(token, out var until) && until > time.GetUtcNow();

    /// <summary>Makes every access token invalid before its lifetime ends.</summary>
    public void RevokeAccessTokens() => _accessTokens.Clear();

    /// <summary>Makes every refresh token invalid.</summary>
    public void RevokeRefreshTokens() => _refreshTokens.Clear();

    internal void Asked() => Interlocked.Increment(ref _requests);

    internal string IssueAccessToken()
    {
        var token = NewToken("at") + AccessTokenSuffix;
        _accessTokens[token] = time.GetUtcNow() + TokenLifetime;
        return token;
    }

    internal string IssueRefreshToken()
    {
        var token = NewToken("rt");
        _refreshTokens[token] = true;
        return token;
    }

    internal void Granted(bool byPassword) => Interlocked.Increment(ref byPassword ? ref _passwordGrants : ref _refreshGrants);

    internal bool UseRefreshToken(string token) => _refreshTokens.TryRemove(token, out _);

    private string NewToken(string kind)
    {
        var token = $"{kind}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
        _issued.Add(token);
        return token;
    }
}
