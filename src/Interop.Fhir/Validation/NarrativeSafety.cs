namespace Interop.Fhir.Validation;

/// <summary>
/// Attribute values through which a narrative could run code or load something by itself. Stricter than a browser: values that use
/// character references or escapes in a scheme or a style are refused.
/// </summary>
internal static class NarrativeSafety
{
    private static readonly string[] StyleDangers = ["expression(", "@import", "javascript:", "behavior", "-moz-binding", "\\", "&#", "/*"];

    /// <summary>Why the value is not safe, as the end of a sentence; null where it is safe.</summary>
    public static string? FindDanger(string attribute, ReadOnlySpan<byte> value) =>
        attribute switch
        {
            "xmlns" => value.SequenceEqual("http://www.w3.org/1999/xhtml"u8) ? null : "must be http://www.w3.org/1999/xhtml",
            "href" or "cite" or "longdesc" or "usemap" => HasScheme(value, out var scheme) && !IsHarmless(scheme)
                ? "has a scheme that can act"
                : null,
            "src" => HasScheme(value, out var scheme) && !IsImage(scheme, value) ? "is not an image" : null,
            "style" => HasStyleDanger(value) ? "loads or runs something: only plain styles are allowed" : null,
            _ => null,
        };

    private static bool HasScheme(ReadOnlySpan<byte> url, out ReadOnlySpan<byte> scheme)
    {
        var end = url.IndexOfAny(":/?#"u8);
        // &#58; is a colon too, and a tab within javascript: is skipped by browsers: a "scheme" of anything but letters is judged as one.
        var isFragmentOfEntity = end > 0 && url[end] == '#' && url[end - 1] == '&';
        scheme = end < 0 ? url : url[..end];
        return (end >= 0 && url[end] == ':') || isFragmentOfEntity || scheme.IndexOfAny("&\t\r\n"u8) >= 0;
    }

    private static bool IsHarmless(ReadOnlySpan<byte> scheme)
    {
        foreach (var c in scheme)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'+' or (byte)'-' or (byte)'.'))
                return false;
        }

        return !Is(scheme, "javascript") && !Is(scheme, "vbscript") && !Is(scheme, "data") && !Is(scheme, "blob") && !Is(scheme, "file");
    }

    private static bool IsImage(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> url) =>
        Is(scheme, "data")
            ? url.StartsWith("data:image/"u8)
            : Is(scheme, "http") || Is(scheme, "https") || Is(scheme, "urn") || Is(scheme, "cid");

    /// <summary>A style that loads something by url(: suspicious, but other validators of FHIR accept it.</summary>
    public static bool IsLoadingStyle(string attribute, ReadOnlySpan<byte> value) => attribute == "style" && Contains(value, "url(");

    private static bool HasStyleDanger(ReadOnlySpan<byte> style)
    {
        foreach (var danger in StyleDangers)
        {
            if (Contains(style, danger))
                return true;
        }

        return false;
    }

    private static bool Contains(ReadOnlySpan<byte> style, string text)
    {
        for (var at = 0; at <= style.Length - text.Length; at++)
        {
            if (Is(style.Slice(at, text.Length), text))
                return true;
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> text, string expected) => System.Text.Ascii.EqualsIgnoreCase(text, expected);
}
