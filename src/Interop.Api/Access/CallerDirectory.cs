using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Interop.Access;

namespace Interop.Api.Access;

/// <summary>
/// Users and API keys as the access grain knows them, remembered for two seconds: a change takes effect after that at the latest, or, while
/// the database is away, when it is back.
/// </summary>
internal sealed class CallerDirectory
{
    private const int MaxEntries = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, RememberedAnswer<CallerIdentity?>> _known = new(StringComparer.Ordinal);
    private readonly RememberedAnswer<bool> _isConfigured;
    private readonly AccessOptions _options;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private bool _wasConfigured;

    public CallerDirectory(AccessOptions options, IGrainFactory grains, TimeProvider time)
    {
        (_options, _grains, _time) = (options, grains, time);
        _isConfigured = new RememberedAnswer<bool>(() => Grain.IsConfigured(), Lifetime, time);
    }

    private IAccessGrain Grain => _grains.GetQuery<IAccessGrain>();

    /// <summary>Learns whether callers need credentials, as the answer to give while the database is away. The next request asks
    /// again.</summary>
    public async Task PrepareAsync()
    {
        await IsOpenAsync();
        _isConfigured.Expire();
    }

    /// <summary>Whether callers need no credentials.</summary>
    public async ValueTask<bool> IsOpenAsync()
    {
        if (_options.IsOpen)
            return true;
        if (!_options.IsLoopback || _options.Oidc is not null || _wasConfigured)
            return false;
        _wasConfigured = await _isConfigured.GetAsync();
        return !_wasConfigured;
    }

    public ValueTask<CallerIdentity?> FindUserAsync(string name) => FindAsync($"user/{name}", () => Grain.FindUser(name));

    public ValueTask<CallerIdentity?> FindApiKeyAsync(string key) =>
        FindAsync(
            $"key/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
            () => Grain.FindApiKey(new ApiKeyText(key))
        );

    private ValueTask<CallerIdentity?> FindAsync(string cacheKey, Func<Task<CallerIdentity?>> find)
    {
        if (_known.Count > MaxEntries)
            _known.Clear();
        return _known.GetOrAdd(cacheKey, _ => new RememberedAnswer<CallerIdentity?>(find, Lifetime, _time)).GetAsync();
    }
}
