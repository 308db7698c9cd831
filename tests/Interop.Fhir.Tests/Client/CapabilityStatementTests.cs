using System.Text;
using Interop.Fhir.Client;

namespace Interop.Fhir.Tests.Client;

public class CapabilityStatementTests
{
    [Theory]
    [InlineData("""{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}""", "4.0.1", false)]
    [InlineData("""{"resourceType":"CapabilityStatement","fhirVersion":"4.0.0"}""", "4.0.0", false)]
    [InlineData("""{"resourceType":"CapabilityStatement","fhirVersion":"4.3.0"}""", "4.3.0", true)]
    [InlineData("""{"resourceType":"CapabilityStatement","fhirVersion":"5.0.0"}""", "5.0.0", true)]
    [InlineData("""{"resourceType":"CapabilityStatement","fhirVersion":7}""", null, false)]
    [InlineData("[]", null, false)]
    public void A_server_of_another_FHIR_version_is_reported(string json, string? version, bool isProblem)
    {
        Assert.Equal(version, CapabilityStatement.FhirVersion(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(isProblem, CapabilityStatement.VersionProblem(version) is not null);
    }
}
