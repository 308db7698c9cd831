namespace Interop.Fhir.Tests.FhirPath;

/// <summary>Tests of the FHIRPath suite that do not pass, each with its reason. One that passes must leave the list.</summary>
internal static class FhirPathSuiteExceptions
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>();
}
