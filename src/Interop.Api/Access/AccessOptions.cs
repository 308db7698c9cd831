namespace Interop.Api.Access;

/// <summary>How callers are authenticated.</summary>
public sealed record AccessOptions
{
    /// <summary><c>AUTH=none</c>: every caller may do everything.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether the API listens on loopback only. Then it is open as long as there are no users, keys or issuer.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>Keys of the session tokens, 32 bytes or more each: the first signs, all of them are valid.</summary>
    public IReadOnlyList<byte[]> SigningKeys { get; init; } = [];

    /// <summary>The issuer of single sign-on; null when there is none.</summary>
    public OidcOptions? Oidc { get; init; }
}
