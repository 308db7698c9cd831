using System.Text.Json;

namespace Interop.Fhir.Json;

/// <summary>
/// Text of a reader's token without exceptions. JSON may spell half of a surrogate pair (<c>"\ud800"</c>), which is no text;
/// the reader's own ValueTextEquals, CopyString and GetString throw there, and a server may send anything.
/// </summary>
internal static class Utf8JsonReaderText
{
    /// <summary>The longest name, as it is written, that is looked up when it has escapes.</summary>
    public const int LongestEscapedName = 256;

    /// <summary>Whether the property name or string says this.</summary>
    public static bool IsNamed(this ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.SequenceEqual(name);
        if (reader.ValueSpan.Length > LongestEscapedName)
            return false;
        Span<byte> text = stackalloc byte[LongestEscapedName];
        return reader.TryUnescape(text, out var length) && name.SequenceEqual(text[..length]);
    }

    /// <summary>The string's UTF-8 without its escapes; false when it has half of a surrogate pair.</summary>
    public static bool TryUnescape(this ref Utf8JsonReader reader, scoped Span<byte> to, out int length)
    {
        try
        {
            length = reader.CopyString(to);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The reader says by this exception alone that an escape is half of a surrogate pair.
            length = 0;
            return false;
        }
    }

    /// <summary>The string, or null when it is no text.</summary>
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
