using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

public class ReferenceRuleTests
{
    [Theory]
    [InlineData("Patient/1")]
    [InlineData("Patient/1/_history/2")]
    [InlineData("Patient?identifier=http://x|1")]
    [InlineData("#a")]
    [InlineData("#")]
    [InlineData("http://example.org/fhir/Patient/1")]
    [InlineData("https://example.org/whatever")]
    [InlineData("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")]
    [InlineData("urn:uuid:C757873D-EC9A-4326-A141-556F43239520")]
    [InlineData("urn:oid:1.2.3")]
    [InlineData("mailto:a@example.org")]
    public void A_well_formed_reference_is_valid(string reference) => Expect.NoIssues(Observation(reference));

    [Theory]
    [InlineData("Patient")]
    [InlineData("Patient/")]
    [InlineData("Patient/a_b")]
    [InlineData("Patient/1/_history/")]
    [InlineData("Patient/1/_history/a_b")]
    [InlineData("Patient/1/2")]
    [InlineData("Patient?")]
    [InlineData("patient/1")]
    [InlineData("DomainResource/1")]
    [InlineData("/Patient/1")]
    [InlineData("1")]
    [InlineData("Patient/1 ")]
    [InlineData("# a")]
    [InlineData("http://")]
    [InlineData("urn:oid:x")]
    [InlineData(":x")]
    [InlineData("x:")]
    public void A_malformed_reference_is_found(string reference) =>
        Expect.OneError(Observation(reference), IssueCode.Value, "Observation.subject.reference");

    [Theory]
    [InlineData("Pat/1")]
    [InlineData("MedicationKnowledgeX/1/_history/2")]
    [InlineData("urn:uuid:1")]
    public void A_malformed_uuid_and_a_type_that_R4_lacks_are_warnings(string reference)
    {
        var result = Expect.Validate(Observation(reference));
        Assert.False(result.HasErrors);
        Assert.Equal(
            (IssueSeverity.Warning, "Observation.subject.reference"),
            (Assert.Single(result.Issues).Severity, result.Issues[0].Location)
        );
    }

    [Fact]
    public void A_style_that_loads_by_url_is_a_warning()
    {
        var result = Expect.Validate(
            "{'resourceType':'Patient','text':{'status':'generated','div':'<div xmlns=\\'http://www.w3.org/1999/xhtml\\'><p style=\\'background: url(http://x)\\'>a</p></div>'}}".Replace(
                "\\'",
                "\\u0027",
                StringComparison.Ordinal
            )
        );
        Assert.False(result.HasErrors);
        Assert.Contains("url(", Assert.Single(result.Issues).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_of_another_type_is_a_warning()
    {
        var result = Expect.Validate(Observation("Practitioner/1"));
        Assert.False(result.HasErrors);
        Assert.Equal(
            (IssueSeverity.Warning, "Observation.subject.reference"),
            (Assert.Single(result.Issues).Severity, result.Issues[0].Location)
        );
    }

    private static string Observation(string reference) =>
        $"{{'resourceType':'Observation','status':'final','code':{{'text':'x'}},'subject':{{'reference':'{reference}'}}}}";
}
