using System.Globalization;
using System.Text;

namespace Orleans.Runtime;

/// <summary>
/// How keys that are not strings are written: an integer as upper-case hexadecimal without leading zeros, a Guid as 32 hexadecimal digits
/// ("N"); a key extension follows after a plus sign.
/// </summary>
public static class GrainIdKeyExtensions
{
    private const int GuidLength = 32;

    /// <summary>The key of an integer.</summary>
    public static IdSpan CreateIntegerKey(long key) => IdSpan.Create(key.ToString("X", CultureInfo.InvariantCulture));

    /// <summary>The key of an integer with an extension.</summary>
    public static IdSpan CreateIntegerKey(long key, string? keyExtension) =>
        WithExtension(key.ToString("X", CultureInfo.InvariantCulture), keyExtension);

    /// <summary>The key of a Guid.</summary>
    public static IdSpan CreateGuidKey(Guid key) => IdSpan.Create(key.ToString("N"));

    /// <summary>The key of a Guid with an extension.</summary>
    public static IdSpan CreateGuidKey(Guid key, string? keyExtension) => WithExtension(key.ToString("N"), keyExtension);

    /// <summary>Reads the key as an integer and its extension; false when it is none.</summary>
    public static bool TryGetIntegerKey(this GrainId grainId, out long key, out string? keyExt)
    {
        var bytes = grainId.Key.AsSpan();
        keyExt = null;
        var plus = bytes.IndexOf((byte)'+');
        if (plus >= 0)
        {
            keyExt = Encoding.UTF8.GetString(bytes[(plus + 1)..]);
            bytes = bytes[..plus];
        }

        // A string key of hexadecimal digits reads as an integer too, as it does in Orleans: the storage columns depend on it.
        return long.TryParse(bytes, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
    }

    /// <summary>Reads the key as a Guid and its extension; false when it is none.</summary>
    public static bool TryGetGuidKey(this GrainId grainId, out Guid key, out string? keyExt)
    {
        var bytes = grainId.Key.AsSpan();
        keyExt = null;
        key = default;
        if (bytes.Length > GuidLength && bytes[GuidLength] == (byte)'+')
        {
            keyExt = Encoding.UTF8.GetString(bytes[(GuidLength + 1)..]);
            bytes = bytes[..GuidLength];
        }

        return bytes.Length == GuidLength && Guid.TryParseExact(Encoding.UTF8.GetString(bytes), "N", out key);
    }

    /// <exception cref="ArgumentException">The key is not an integer.</exception>
    public static long GetIntegerKey(this GrainId grainId) =>
        grainId.TryGetIntegerKey(out var key, out _)
            ? key
            : throw new ArgumentException($"The key of {grainId} is not an integer.", nameof(grainId));

    /// <exception cref="ArgumentException">The key is not a Guid.</exception>
    public static Guid GetGuidKey(this GrainId grainId) =>
        grainId.TryGetGuidKey(out var key, out _)
            ? key
            : throw new ArgumentException($"The key of {grainId} is not a Guid.", nameof(grainId));

    private static IdSpan WithExtension(string key, string? extension) =>
        IdSpan.Create(string.IsNullOrWhiteSpace(extension) ? key : $"{key}+{extension}");
}
