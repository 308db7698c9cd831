using System.Net;
using Interop.Api.Access;

namespace Interop.Api;

/// <summary>The settings of the host that the front end needs.</summary>
public sealed record ApiOptions
{
    /// <summary>Origins whose pages may call the API.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Host names that requests may carry, besides localhost and IP addresses; <c>*</c>: any.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>How callers are authenticated; by default every caller needs credentials.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Proxies whose X-Forwarded headers are used.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
}
