using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>US Core 6.1.0 as published: its profiles are used, and broken rules are found where they are broken.</summary>
public class UsCoreTests
{
    private const string Data = "packages";
    private const string Profiles = "http://hl7.org/fhir/us/core/StructureDefinition/";

    private static readonly Lazy<ProfileSet> UsCore = new(() => new ProfileSet(R4Schema.Default, ProfilePackage.Load([Archive]), [], null));

    private static readonly Lazy<ResourceValidator> Validator = new(() =>
        new ResourceValidator(R4Schema.Default, new ValidationOptions { ProfileChecker = UsCore.Value })
    );

    private static string Archive => Path.Combine(PublishedData.Require(Data), "hl7.fhir.us.core-6.1.0.tgz");

    [DataFact(Data)]
    public void The_package_has_its_profiles_and_value_sets()
    {
        var package = ProfilePackage.Load([Archive]);
        Assert.InRange(package.Profiles.Length, 55, 60);
        Assert.All(package.Profiles, profile => Assert.True(profile.HasSnapshot));
    }

    [DataFact(Data)]
    public void Each_example_is_checked_against_the_profile_that_it_claims()
    {
        var claims = 0;
        foreach (var (_, bytes) in ProfileExamples.Of(Archive))
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.TryGetProperty("meta", out var meta) && meta.TryGetProperty("profile", out var profiles))
                claims += profiles.EnumerateArray().Count(p => UsCore.Value.Urls.Contains(p.GetString()!.Split('|')[0]));
        }
        Assert.InRange(claims, 150, 250);
    }

    [DataFact(Data)]
    public void Broken_rules_of_the_profiles_are_found()
    {
        AssertIssue("Patient-example.json", json => json.AsObject().Remove("identifier"), IssueCode.Required, "Patient.identifier");
        AssertIssue("Patient-example.json", json => json.AsObject().Remove("gender"), IssueCode.Required, "Patient.gender");
        AssertIssue(
            "Patient-example.json",
            json => json["identifier"]![0]!.AsObject().Remove("value"),
            IssueCode.Required,
            "Patient.identifier[0].value"
        );
        AssertIssue(
            "Patient-example.json",
            json =>
                json["extension"]!.AsArray().First(e => e!["url"]!.GetValue<string>().EndsWith("us-core-race", StringComparison.Ordinal))![
                    "extension"
                ] = new JsonArray(
                    JsonNode.Parse("""{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3"}}""")
                ),
            IssueCode.Required,
            "extension"
        );
        AssertIssue(
            "Patient-example.json",
            json => json["name"] = JsonNode.Parse("""[{"use":"official"}]"""),
            IssueCode.Invariant,
            "Patient.name[0]"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json["category"] = JsonNode.Parse("""[{"text":"vitals"}]"""),
            IssueCode.Required,
            "Observation.category"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json["code"] = JsonNode.Parse("""{"coding":[{"system":"http://loinc.org","code":"1-8"}]}"""),
            IssueCode.Value,
            "Observation.code"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json["component"]!.AsArray().RemoveAt(0),
            IssueCode.Required,
            "Observation.component"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json["component"]![0]!["valueQuantity"]!["code"] = "kPa",
            IssueCode.Value,
            "Observation.component[0].value.code"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json.AsObject().Remove("subject"),
            IssueCode.Required,
            "Observation.subject"
        );
        AssertIssue(
            "Observation-blood-pressure.json",
            json => json["subject"]!["reference"] = "Organization/example",
            IssueCode.Value,
            "Observation.subject"
        );
    }

    private static void AssertIssue(string example, Action<JsonNode> change, string code, string location)
    {
        var (_, bytes) = ProfileExamples.Of(Archive).First(e => e.Name == example);
        var json = JsonNode.Parse(bytes)!;
        change(json);
        var errors = Validator
            .Value.Validate(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()))
            .Issues.Where(i => i.Severity == IssueSeverity.Error)
            .ToList();
        Assert.True(
            errors.Exists(e => e.Code == code && (e.Location == location || e.Location.EndsWith("." + location, StringComparison.Ordinal))),
            $"{example}: expected {code} at {location}, found {string.Join("; ", errors.Select(e => $"{e.Code} {e.Location} {e.Text}"))}"
        );
    }
}
