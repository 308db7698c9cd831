namespace Interop.Api.Http;

/// <summary>
/// The form of a FHIR id (R4, datatypes.html#id). The rule itself is in Interop.Fhir (Schema/FhirId.cs); this copy exists because Interop.Api
/// knows Interop.Grains.Abstractions only.
/// </summary>
internal static class FhirId
{
    public static bool IsValid(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
