using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>US Core 6.1.0 as published: its own examples, and Synthea's resources that claim its profiles, have no errors; mutations
/// have.</summary>
public class UsCoreTests
{
    private const string Data = "packages";
    private const string Profiles = "http://hl7.org/fhir/us/core/StructureDefinition/";

    private static readonly Lazy<ProfileSet> UsCore = new(() => new ProfileSet(R4Schema.Default, ProfilePackage.Load([Archive]), [], null));

    private static readonly Lazy<ResourceValidator> Validator = new(() =>
        new ResourceValidator(R4Schema.Default, new ValidationOptions { ProfileChecker = UsCore.Value })
    );

    private static string Archive => Path.Combine(PublishedData.Require(Data), "hl7.fhir.us.core-6.1.0.tgz");

    private static IEnumerable<(string Name, byte[] Bytes)> Examples()
    {
        using var stream = new GZipStream(File.OpenRead(Archive), CompressionMode.Decompress);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            if (
                entry.DataStream is null
                || !entry.Name.StartsWith("package/example/", StringComparison.Ordinal)
                || !entry.Name.EndsWith(".json", StringComparison.Ordinal)
            )
                continue;
            using var bytes = new MemoryStream();
            entry.DataStream.CopyTo(bytes);
            yield return (Path.GetFileName(entry.Name), bytes.ToArray());
        }
    }

    [DataFact(Data)]
    public void The_package_has_its_profiles_and_value_sets()
    {
        var package = ProfilePackage.Load([Archive]);
        Assert.InRange(package.Profiles.Length, 55, 60);
        Assert.All(package.Profiles, profile => Assert.True(profile.HasSnapshot));
    }

    [DataFact(Data)]
    public void No_published_example_has_an_error()
    {
        var errors = new List<string>();
        var count = 0;
        foreach (var (name, bytes) in Examples())
        {
            if (JsonNode.Parse(bytes)?["resourceType"] is null)
                continue;
            count++;
            errors.AddRange(
                Validator
                    .Value.Validate(bytes)
                    .Issues.Where(i => i.Severity == IssueSeverity.Error)
                    .Select(i => $"{name} {i.Location} {i.Text}")
            );
        }
        Assert.True(errors.Count == 0, $"{errors.Count} errors in {count} examples:\n{string.Join('\n', errors.Take(60))}");
        Assert.InRange(count, 180, 183);
    }

    [DataFact(Data)]
    public void Each_example_is_checked_against_the_profile_that_it_claims()
    {
        var claims = 0;
        foreach (var (_, bytes) in Examples())
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.TryGetProperty("meta", out var meta) && meta.TryGetProperty("profile", out var profiles))
                claims += profiles.EnumerateArray().Count(p => UsCore.Value.Urls.Contains(p.GetString()!.Split('|')[0]));
        }
        Assert.InRange(claims, 150, 250);
    }

    [DataFact("synthea-100")]
    public void No_Synthea_resource_has_an_error()
    {
        if (PublishedData.Find(Data) is null)
            return;
        var found = new Dictionary<string, int>();
        var resources = 0;
        foreach (var file in TestData.SyntheaFiles)
        {
            foreach (var resource in TestData.SyntheaResources(file))
            {
                resources++;
                foreach (var issue in Validator.Value.Validate(resource).Issues.Where(i => i.Severity == IssueSeverity.Error))
                {
                    var key = $"{Path.GetFileName(file)} {issue.Location} {issue.Text}";
                    found[key] = found.GetValueOrDefault(key) + 1;
                }
            }
        }
        Assert.True(
            found.Count == 0,
            string.Join('\n', found.OrderByDescending(pair => pair.Value).Take(40).Select(pair => $"{pair.Value} x {pair.Key}"))
        );
        Assert.Equal(38039, resources);
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
        var (_, bytes) = Examples().First(e => e.Name == example);
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
