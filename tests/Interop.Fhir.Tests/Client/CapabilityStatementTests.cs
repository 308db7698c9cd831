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

    [Theory]
    [InlineData("""{"software":{"name":"HAPI"},"implementation":{"url":"https://a.example/fhir"}}""", "HAPI", "https://a.example/fhir")]
    [InlineData("""{"software":{"name":""},"implementation":{"url":7}}""", null, null)]
    [InlineData("""{"software":{"name":"a\u0000b"},"implementation":{"url":"\ud800"}}""", null, null)]
    [InlineData("""{"software":"HAPI"}""", null, null)]
    [InlineData("[]", null, null)]
    public void A_server_tells_its_software_and_its_URL(string json, string? software, string? url) =>
        Assert.Equal(new ServerIdentity(software, url), CapabilityStatement.Identity(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("HAPI", "https://a.example/fhir", false)]
    [InlineData("HAPI", "http://A.example:8080/fhir/", false)]
    [InlineData("HAPI", null, false)]
    [InlineData(null, null, false)]
    [InlineData("Firely", "https://a.example/fhir", true)]
    [InlineData("HAPI", "https://b.example/fhir", true)]
    [InlineData("HAPI", "https://a.example/other", true)]
    public void Another_server_has_another_software_or_another_URL(string? software, string? url, bool isOther) =>
        Assert.Equal(isOther, new ServerIdentity(software, url).IsOtherThan(new ServerIdentity("HAPI", "https://a.example/fhir")));
}
