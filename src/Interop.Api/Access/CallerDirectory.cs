using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Interop.Access;

namespace Interop.Api.Access;

/// <summary>Users and API keys as the access grain knows them, remembered for two seconds: a change takes effect after that at the latest.</summary>
internal sealed class CallerDirectory(AccessOptions options, IGrainFactory grains, TimeProvider time)
{
    private const int MaxEntries = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (CallerIdentity? Identity, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);
    private DateTimeOffset _openUntil = DateTimeOffset.MinValue;
    private bool _isConfigured;

    private IAccessGrain Grain => grains.GetGrain<IAccessGrain>(0);

    /// <summary>Whether callers need no credentials.</summary>
    public async ValueTask<bool> IsOpenAsync()
    {
        if (options.IsOpen)
            return true;
        if (!options.IsLoopback || options.Oidc is not null || _isConfigured)
            return false;
        if (time.GetUtcNow() < _openUntil)
            return true;
        _isConfigured = await Grain.IsConfigured();
        _openUntil = _isConfigured ? DateTimeOffset.MinValue : time.GetUtcNow() + Lifetime;
        return !_isConfigured;
    }

    public ValueTask<CallerIdentity?> FindUserAsync(string name) => FindAsync($"user/{name}", () => Grain.FindUser(name));

    public ValueTask<CallerIdentity?> FindApiKeyAsync(string key) =>
        FindAsync($"key/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}", () => Grain.FindApiKey(new ApiKeyText(key)));

    private async ValueTask<CallerIdentity?> FindAsync(string cacheKey, Func<Task<CallerIdentity?>> find)
    {
        var now = time.GetUtcNow();
        if (_known.TryGetValue(cacheKey, out var known) && known.Until > now)
            return known.Identity;
        if (_known.Count > MaxEntries)
            _known.Clear();
        var identity = await find();
        _known[cacheKey] = (identity, now + Lifetime);
        return identity;
    }
}
