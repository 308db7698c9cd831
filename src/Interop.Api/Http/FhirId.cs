namespace Interop.Api.Http;

/// <summary>The form of a FHIR id (R4, 2.24.0.1).</summary>
internal static class FhirId
{
    public static bool IsValid(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
