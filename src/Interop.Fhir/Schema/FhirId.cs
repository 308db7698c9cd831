using System.Buffers;

namespace Interop.Fhir.Schema;

/// <summary>The form of a resource's id: 1 to 64 letters, digits, '-' and '.' (https://hl7.org/fhir/R4/datatypes.html#id).</summary>
public static class FhirId
{
    /// <summary>The largest number of characters.</summary>
    public const int MaxLength = 64;

    private const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

    private static readonly SearchValues<byte> AllowedBytes = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(Allowed));
    private static readonly SearchValues<char> AllowedCharacters = SearchValues.Create(Allowed);

    /// <summary>Whether UTF-8 text is an id.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => utf8.Length is > 0 and <= MaxLength && utf8.IndexOfAnyExcept(AllowedBytes) < 0;

    /// <summary>Whether text is an id.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) => text.Length is > 0 and <= MaxLength && text.IndexOfAnyExcept(AllowedCharacters) < 0;
}
