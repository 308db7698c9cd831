namespace Interop.Telemetry.Events;

/// <summary>The start of a text.</summary>
internal static class TextStart
{
    /// <summary>At most so many characters. A surrogate pair is not split, because no database takes half of one.</summary>
    public static string Of(string text, int maxLength) =>
        text.Length <= maxLength ? text : text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];
}
