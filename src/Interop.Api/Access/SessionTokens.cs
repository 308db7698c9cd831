using System.Security.Cryptography;
using Interop.Access;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Interop.Api.Access;

/// <summary>
/// The session tokens of this server: JWTs signed with HMAC-SHA256. A token names a user and the user's stamp; the role is looked up, so
/// that a change of password, role or state ends every session.
/// </summary>
internal sealed class SessionTokens(AccessOptions options, TimeProvider time)
{
    public const string Issuer = "interop";

    /// <summary>How long a token is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private const string StampClaim = "stamp";
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30); // between the processes of a cluster

    private readonly JsonWebTokenHandler _handler = new();
    private readonly SymmetricSecurityKey[] _keys = [.. options.SigningKeys.Select(key => new SymmetricSecurityKey(key))];

    public string Issue(CallerIdentity user)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = Issuer,
                Audience = Issuer,
                IssuedAt = now,
                NotBefore = now,
                Expires = now + Lifetime,
                Claims = new Dictionary<string, object>
                {
                    [JwtRegisteredClaimNames.Sub] = user.Name,
                    [JwtRegisteredClaimNames.Jti] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
                    [StampClaim] = user.Stamp,
                },
                SigningCredentials = new SigningCredentials(_keys[0], SecurityAlgorithms.HmacSha256),
            }
        );
    }

    /// <summary>The name and the stamp of a valid token, else null.</summary>
    public async Task<(string Name, string Stamp)?> ReadAsync(string token)
    {
        if (!TokenForm.IsSigned(token))
            return null;
        var result = await _handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidIssuer = Issuer,
                ValidAudience = Issuer,
                ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
                ValidTypes = ["JWT"],
                IssuerSigningKeys = _keys,
                LifetimeValidator = (notBefore, expires, _, _) => IsCurrent(notBefore, expires),
            }
        );
        return
            result.IsValid
            && result.Claims.TryGetValue(JwtRegisteredClaimNames.Sub, out var name)
            && result.Claims.TryGetValue(StampClaim, out var stamp)
            ? (name.ToString()!, stamp.ToString()!)
            : null;
    }

    private bool IsCurrent(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return notBefore <= now + ClockSkew && expires > now;
    }
}

/// <summary>The outer form of a token, checked before anything is parsed.</summary>
internal static class TokenForm
{
    private const int MaxLength = 16 * 1024;

    /// <summary>Three parts: a signed token. Five parts would be an encrypted one, which is never accepted.</summary>
    public static bool IsSigned(string token) => token.Length <= MaxLength && token.Count(c => c == '.') == 2;
}
