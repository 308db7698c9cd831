using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>
/// Every published package of profiles among the data (US Core, IPS): its own examples, and Synthea's resources that claim US Core, have no
/// false error. Errors that are in the examples themselves are listed with the reason.
/// </summary>
public class PublishedPackageTests
{
    private const string Data = "packages";

    /// <summary>The packages that this was run with, and how many resources their examples are.</summary>
    private static readonly Dictionary<string, int> Examples = new()
    {
        ["hl7.fhir.us.core-3.1.1"] = 84,
        ["hl7.fhir.us.core-4.0.0"] = 84,
        ["hl7.fhir.us.core-5.0.1"] = 157,
        ["hl7.fhir.us.core-6.1.0"] = 183,
        ["hl7.fhir.us.core-7.0.0"] = 214,
        ["hl7.fhir.us.core-8.0.0"] = 228,
        ["hl7.fhir.uv.ips-1.1.0"] = 40,
    };

    /// <summary>Errors of the examples themselves: package, example, start of the issue, reason.</summary>
    private static readonly (string Package, string Example, string Issue, string Reason)[] TrueErrors =
    [
        (
            "hl7.fhir.us.core-3.1.1",
            "DiagnosticReport-cardiology-report.json",
            "value DiagnosticReport.presentedForm[0].hash",
            "'EQH/..AgME' is not base64"
        ),
        (
            "hl7.fhir.us.core-3.1.1",
            "Observation-satO2-fiO2.json",
            "code-invalid Observation.component[0].value",
            "the profile fixes the unit L/min and requires a value set without it"
        ),
        ("hl7.fhir.us.core-3.1.1", "Bundle-uscore-mo3.json", "value Bundle.entry[1].fullUrl", "a fullUrl must be absolute"),
        ("hl7.fhir.us.core-4.0.0", "Bundle-uscore-mo3.json", "value Bundle.entry[1].fullUrl", "a fullUrl must be absolute"),
    ];

    private static readonly Dictionary<string, Lazy<ResourceValidator>> Validators = Packages()
        .ToDictionary(
            archive => archive,
            archive => new Lazy<ResourceValidator>(() =>
                new ResourceValidator(
                    R4Schema.Default,
                    new ValidationOptions { ProfileChecker = new ProfileSet(R4Schema.Default, ProfilePackage.Load([archive]), [], null) }
                )
            )
        );

    private static string[] Packages() =>
        PublishedData.Find(Data) is { } folder ? [.. Directory.EnumerateFiles(folder, "*.tgz").Order(StringComparer.Ordinal)] : [];

    [DataFact(Data)]
    public void No_published_example_has_a_false_error()
    {
        var errors = new List<string>();
        var met = new HashSet<(string, string, string)>();
        foreach (var (archive, validator) in Validators)
        {
            var package = Path.GetFileNameWithoutExtension(archive);
            var count = 0;
            foreach (var (name, bytes) in ProfileExamples.Of(archive))
            {
                using var document = JsonDocument.Parse(bytes);
                if (!document.RootElement.TryGetProperty("resourceType", out _))
                    continue;
                count++;
                foreach (var issue in validator.Value.Validate(bytes).Issues.Where(i => i.Severity == IssueSeverity.Error))
                {
                    var text = $"{issue.Code} {issue.Location} {issue.Text}";
                    var known = Array.Find(
                        TrueErrors,
                        t => t.Package == package && t.Example == name && text.StartsWith(t.Issue, StringComparison.Ordinal)
                    );
                    if (known.Reason is null)
                        errors.Add($"{package} {name} {text}");
                    else
                        met.Add((known.Package, known.Example, known.Issue));
                }
            }

            Assert.True(
                !Examples.TryGetValue(package, out var expected) || count == expected,
                $"{package} has {count} examples, not {expected}"
            );
        }

        Assert.True(errors.Count == 0, $"{errors.Count} errors:\n{string.Join('\n', errors)}");
        Assert.Equal(
            [],
            TrueErrors
                .Where(t => Validators.Keys.Any(a => Path.GetFileNameWithoutExtension(a) == t.Package))
                .Where(t => !met.Contains((t.Package, t.Example, t.Issue)))
        );
    }

    [DataFact("synthea-100")]
    public void No_Synthea_resource_has_an_error()
    {
        var found = new Dictionary<string, int>();
        foreach (var (archive, validator) in Validators.Where(v => v.Key.Contains("us.core", StringComparison.Ordinal)))
        {
            var resources = 0;
            foreach (var file in TestData.SyntheaFiles)
            {
                foreach (var resource in TestData.SyntheaResources(file))
                {
                    resources++;
                    foreach (var issue in validator.Value.Validate(resource).Issues.Where(i => i.Severity == IssueSeverity.Error))
                    {
                        var key = $"{Path.GetFileName(archive)} {Path.GetFileName(file)} {issue.Location} {issue.Text}";
                        found[key] = found.GetValueOrDefault(key) + 1;
                    }
                }
            }

            Assert.Equal(38039, resources);
        }

        Assert.True(
            found.Count == 0,
            string.Join('\n', found.OrderByDescending(pair => pair.Value).Take(60).Select(pair => $"{pair.Value} x {pair.Key}"))
        );
    }
}
