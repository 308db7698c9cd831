namespace Interop.Sandbox.Fhir;

/// <summary>A request that ends in an OperationOutcome; <paramref name="code"/> is of the value set issue-type.</summary>
internal sealed class FhirError(int status, string code, string diagnostics) : Exception(diagnostics)
{
    public int Status => status;

    public string Code => code;

    public static FhirError NotFound(string type, string id) => new(404, "not-found", $"{type}/{id} is not known.");

    public static FhirError Invalid(string diagnostics) => new(400, "invalid", diagnostics);
}
