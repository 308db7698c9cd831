using System.Buffers;
using System.Text;

namespace Interop.Fhir.Schema;

/// <summary>The form of a resource's id: 1 to 64 letters, digits, '-' and '.' (https://hl7.org/fhir/R4/datatypes.html#id).</summary>
public static class FhirId
{
    private const int MaxLength = 64;

    private static readonly SearchValues<byte> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8
    );

    /// <summary>Whether the UTF-8 text can be an id.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => utf8.Length is > 0 and <= MaxLength && utf8.IndexOfAnyExcept(Allowed) < 0;

    /// <summary>Whether the text can be an id.</summary>
    public static bool IsValid(string id)
    {
        if (id.Length > MaxLength)
            return false;
        Span<byte> utf8 = stackalloc byte[3 * MaxLength];
        return IsValid(utf8[..Encoding.UTF8.GetBytes(id, utf8)]);
    }
}
