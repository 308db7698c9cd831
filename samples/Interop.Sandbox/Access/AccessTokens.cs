using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Interop.Sandbox.Access;

/// <summary>The valid access tokens. They are opaque and are removed when they expire.</summary>
internal sealed class AccessTokens(SandboxOptions options)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiryByToken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _seenAssertions = new(StringComparer.Ordinal);

    public string Issue(TimeSpan lifetime)
    {
        DropExpired(_expiryByToken);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _expiryByToken[token] = options.Time.GetUtcNow() + lifetime;
        return token;
    }

    public bool IsValid(string token) => _expiryByToken.TryGetValue(token, out var expiry) && expiry > options.Time.GetUtcNow();

    public void RevokeAll() => _expiryByToken.Clear();

    /// <summary>False if an assertion with this `jti` was used before: an assertion is good for one token.</summary>
    public bool TryUseAssertion(string jti, DateTimeOffset expiry)
    {
        DropExpired(_seenAssertions);
        return _seenAssertions.TryAdd(jti, expiry);
    }

    private void DropExpired(ConcurrentDictionary<string, DateTimeOffset> entries)
    {
        var now = options.Time.GetUtcNow();
        foreach (var (key, expiry) in entries)
        {
            if (expiry <= now)
                entries.TryRemove(key, out _);
        }
    }
}
