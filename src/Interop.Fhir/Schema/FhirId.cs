using System.Buffers;

namespace Interop.Fhir.Schema;

/// <summary>
/// The form of a resource's id in UTF-8: 1 to 64 letters, digits, '-' and '.' (https://hl7.org/fhir/R4/datatypes.html#id). The features use
/// FhirId of Interop.Grains.Abstractions for strings, because the front end knows no FHIR library.
/// </summary>
internal static class FhirId
{
    private const int MaxLength = 64;

    private static readonly SearchValues<byte> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8
    );

    public static bool IsValid(ReadOnlySpan<byte> utf8) => utf8.Length is > 0 and <= MaxLength && utf8.IndexOfAnyExcept(Allowed) < 0;
}
