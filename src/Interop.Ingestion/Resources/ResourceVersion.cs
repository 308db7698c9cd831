using System.Security.Cryptography;

namespace Interop.Ingestion.Resources;

/// <summary>What identifies one version of a resource.</summary>
/// <param name="VersionId"><c>meta.versionId</c>.</param>
/// <param name="LastUpdatedTicks"><c>meta.lastUpdated</c> in 100 ns since 0001-01-01 UTC.</param>
/// <param name="ContentHash">The hash of the bytes as received (<see cref="HashOf"/>).</param>
internal readonly record struct ResourceVersion(string? VersionId, long? LastUpdatedTicks, string ContentHash)
{
    /// <summary>Recognises the version when it comes again: its versionId, else its content.</summary>
    public string Key => VersionId ?? ContentKey;

    /// <summary>The key of a version without a versionId.</summary>
    public string ContentKey => "#" + ContentHash;

    /// <summary>128 bits of SHA-256: two different contents do not get the same hash in practice.</summary>
    public static string HashOf(ReadOnlySpan<byte> raw)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(raw, hash);
        return Convert.ToHexStringLower(hash[..16]);
    }
}
