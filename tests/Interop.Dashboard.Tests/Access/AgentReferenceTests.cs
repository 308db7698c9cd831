using Interop.Dashboard.Access;

namespace Interop.Dashboard.Tests.Access;

/// <summary>Which agents may be in an address.</summary>
public sealed class AgentReferenceTests
{
    [Theory]
    [InlineData("Practitioner/prac-12")]
    [InlineData("PractitionerRole/1")]
    [InlineData("Device/etl.7")]
    [InlineData("Organization/A-1")]
    public void A_reference_to_staff_or_a_device_may(string agent) => Assert.True(AgentReference.IsForAddress(agent));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Patient/pat-1")]
    [InlineData("patient/pat-1")]
    [InlineData("https://fhir.example.org/Patient/pat-1")]
    [InlineData("pat-1")]
    [InlineData("Roe, Ann")]
    [InlineData("Practitioner/")]
    [InlineData("Practitioner/1 Patient/2")]
    [InlineData("Practitioner/../Patient/2")]
    public void Anything_that_may_be_a_patient_may_not(string? agent) => Assert.False(AgentReference.IsForAddress(agent));
}
