using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>R4's vital signs profiles are there without a package.</summary>
public class VitalSignsTests
{
    private const string Profiles = "http://hl7.org/fhir/StructureDefinition/";

    private static readonly ResourceValidator Validator = new(
        R4Schema.Default,
        new ValidationOptions
        {
            ProfileChecker = new ProfileSet(R4Schema.Default, ProfilePackage.Load(["hl7.fhir.r4.vitalsigns"]), [], null),
        }
    );

    [Theory]
    [InlineData("bodyweight", "29463-7", "kg")]
    [InlineData("bodyheight", "8302-2", "cm")]
    [InlineData("bodytemp", "8310-5", "Cel")]
    [InlineData("headcircum", "9843-4", "cm")]
    [InlineData("heartrate", "8867-4", "/min")]
    [InlineData("resprate", "9279-1", "/min")]
    [InlineData("oxygensat", "2708-6", "%")]
    [InlineData("bmi", "39156-5", "kg/m2")]
    public void A_measurement_that_follows_its_profile_has_no_issue(string profile, string code, string unit) =>
        Assert.Empty(Issues(Measurement(profile, code, unit)));

    [Theory]
    [InlineData("bodyweight", "29463-7", "mg")]
    [InlineData("bodytemp", "8310-5", "K")]
    [InlineData("heartrate", "8867-4", "Hz")]
    public void Another_unit_than_the_profile_allows_is_an_error(string profile, string code, string unit) =>
        Assert.Contains(Issues(Measurement(profile, code, unit)), issue => issue.StartsWith("Error", StringComparison.Ordinal));

    [Theory]
    [InlineData("category")]
    [InlineData("subject")]
    [InlineData("effectiveDateTime")]
    public void A_missing_element_is_an_error(string element)
    {
        var resource = Measurement("heartrate", "8867-4", "/min");
        resource.Remove(element);

        Assert.Contains(Issues(resource), issue => issue.StartsWith("Error required", StringComparison.Ordinal));
    }

    [Fact]
    public void A_foreign_code_is_an_error() =>
        Assert.Contains(Issues(Measurement("heartrate", "29463-7", "/min")), issue => issue.StartsWith("Error", StringComparison.Ordinal));

    [Fact]
    public void An_observation_with_neither_value_nor_reason_breaks_the_invariant()
    {
        var resource = Measurement("heartrate", "8867-4", "/min");
        resource.Remove("valueQuantity");

        Assert.Contains(Issues(resource), issue => issue.StartsWith("Error invariant", StringComparison.Ordinal));
    }

    [Fact]
    public void Blood_pressure_needs_both_components()
    {
        var pressure = Measurement("bp", "85354-9", "mm[Hg]");
        pressure.Remove("valueQuantity");
        pressure["component"] = new JsonArray(Component("8480-6"), Component("8462-4"));
        Assert.Empty(Issues(pressure));

        pressure["component"] = new JsonArray(Component("8480-6"));
        Assert.Contains(Issues(pressure), issue => issue.StartsWith("Error required Observation.component", StringComparison.Ordinal));
    }

    private static List<string> Issues(JsonObject resource) =>
        [
            .. Validator
                .Validate(System.Text.Encoding.UTF8.GetBytes(resource.ToJsonString()))
                .Issues.Select(issue => $"{issue.Severity} {issue.Code} {issue.Location} {issue.Text}"),
        ];

    private static JsonObject Component(string code) =>
        new() { ["code"] = Concept("http://loinc.org", code), ["valueQuantity"] = Quantity("mm[Hg]") };

    private static JsonObject Measurement(string profile, string code, string unit) =>
        new()
        {
            ["resourceType"] = "Observation",
            ["meta"] = new JsonObject { ["profile"] = new JsonArray(Profiles + profile) },
            ["status"] = "final",
            ["category"] = new JsonArray(Concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")),
            ["code"] = Concept("http://loinc.org", code),
            ["subject"] = new JsonObject { ["reference"] = "Patient/p1" },
            ["effectiveDateTime"] = "2024-03-01T10:00:00Z",
            ["valueQuantity"] = Quantity(unit),
        };

    private static JsonObject Concept(string system, string code) =>
        new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) };

    private static JsonObject Quantity(string unit) =>
        new()
        {
            ["value"] = 70,
            ["unit"] = unit,
            ["system"] = "http://unitsofmeasure.org",
            ["code"] = unit,
        };
}
