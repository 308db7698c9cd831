namespace Interop.Api;

/// <summary>What the front end needs to know of its host.</summary>
public sealed record ApiOptions
{
    /// <summary>Origins whose pages may call the API.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Whether it listens on loopback only, and so answers only to loopback names (a page elsewhere could bend its own name to 127.0.0.1).</summary>
    public bool LoopbackOnly { get; init; }
}
