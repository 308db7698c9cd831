namespace Interop;

/// <summary>The form of a FHIR resource id (R4, 2.24.0.1).</summary>
public static class FhirId
{
    private const int MaxLength = 64;

    /// <summary>Whether the text can be an id: 1 to 64 ASCII letters, digits, '-' and '.'.</summary>
    public static bool IsValid(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
