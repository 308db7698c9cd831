using System.Text.Json;

namespace Interop.Fhir.Json;

/// <summary>
/// Text of a reader's token without exceptions. JSON can hold a lone surrogate (<c>"\ud800"</c>), which is not a character:
/// the reader's own ValueTextEquals, CopyString and GetString throw on it.
/// </summary>
internal static class Utf8JsonReaderText
{
    /// <summary>The longest raw name with escapes that is looked up.</summary>
    public const int LongestEscapedName = 256;

    /// <summary>Whether the property name or string equals this text.</summary>
    public static bool IsNamed(this ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.SequenceEqual(name);
        if (reader.ValueSpan.Length > LongestEscapedName)
            return false;
        Span<byte> text = stackalloc byte[LongestEscapedName];
        return reader.TryUnescape(text, out var length) && name.SequenceEqual(text[..length]);
    }

    /// <summary>The string's UTF-8 without its escapes; false when it has a lone surrogate.</summary>
    public static bool TryUnescape(this ref Utf8JsonReader reader, scoped Span<byte> to, out int length)
    {
        try
        {
            length = reader.CopyString(to);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The reader reports a lone surrogate only by this exception.
            length = 0;
            return false;
        }
    }

    /// <summary>The string, or null when it has a lone surrogate.</summary>
    public static string? TextOrNull(this ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
