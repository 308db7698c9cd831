using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;
using Interop.Tests;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>The invariants of R4: all of them compile and check, and hold where the specification says that they do.</summary>
public class InvariantTests
{
    private static readonly ResourceValidator Validator = new(
        R4Schema.Default,
        new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default }
    );

    /// <summary>Errors of R4 itself: these invariants name elements that their type does not have, so they always hold.</summary>
    private static readonly string[] Errata = ["cid-0 on ChargeItemDefinition", "ras-1 on decimal"];

    private static List<ValidationIssue> Check(byte[] resource)
    {
        using var document = JsonDocument.Parse(resource);
        var issues = new List<ValidationIssue>();
        InvariantChecker.Default.Check(
            resource,
            R4Schema.Default.FindResource(document.RootElement.GetProperty("resourceType").GetString()!)!,
            issues,
            CancellationToken.None
        );
        return issues;
    }

    [Fact]
    public void Every_invariant_of_R4_compiles_against_the_types_that_it_is_on()
    {
        var checkedExpressions = 0;
        var failures = new List<string>();
        void Compile(Invariant invariant, string type)
        {
            checkedExpressions++;
            try
            {
                FhirPathCompiler.Compile(invariant.Expression, new FhirPathOptions { InputType = type, AsTakesCollections = true });
            }
            catch (FhirPathException error)
            {
                if (!Errata.Contains($"{invariant.Key} on {type}"))
                    failures.Add($"{invariant.Key} on {type}: {invariant.Expression}: {error.Message}");
            }
        }
        foreach (var type in R4Schema.Default.Types.Values)
        {
            foreach (var invariant in type.Invariants)
                Compile(invariant, type.Name);
            foreach (var element in type.Elements)
            {
                foreach (var invariant in element.Invariants)
                    Compile(invariant, element.Types[0].Type.Name);
            }
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.True(checkedExpressions > 500, $"only {checkedExpressions} expressions");
    }

    /// <summary>The example of a CodeSystem has the code chol-mass twice, and two examples have no narrative.</summary>
    [Theory]
    [InlineData(
        "{'resourceType':'Patient','contact':[{'name':{'text':'\\ud800'}}],'name':[{'period':{'start':'\\ud800','end':'\\udfff'}}]}"
    )]
    [InlineData("{'resourceType':'Patient','\\ud800':1,'contact':[{'\\ud800':1}],'text':{'status':'generated','div':'\\ud800'}}")]
    [InlineData(
        "{'resourceType':'Patient','contained':[{'resourceType':'\\ud800','id':'\\ud800'},{'\\ud800':'Organization','resourceType':'Organization'}],'managingOrganization':{'reference':'#\\ud800'}}"
    )]
    public void A_lone_surrogate_is_an_issue_and_no_exception(string json) =>
        Assert.True(Validator.Validate(Validation.Expect.Utf8(json)).HasErrors);

    [DataFact("fhir-r4/examples")]
    public void The_examples_of_the_standard_hold_every_invariant_but_those_that_they_break()
    {
        string[] expected =
        [
            "bundle-questionnaire.json: Warning Questionnaire: dom-6",
            "codesystem-example.json: Error CodeSystem: csd-1",
            "parameters-example.json: Warning Parameters.parameter[2].resource: dom-6",
        ];
        var found = new List<string>();
        foreach (var file in Directory.GetFiles(PublishedData.Require("fhir-r4/examples"), "*.json"))
        {
            foreach (var issue in Check(File.ReadAllBytes(file)))
                found.Add($"{Path.GetFileName(file)}: {issue.Severity} {issue.Location}: {issue.Text.Split(':')[0]}");
        }
        Assert.Equal(expected, found.Order(StringComparer.Ordinal));
    }

    [DataFact("synthea-100")]
    public void The_synthea_data_holds_every_invariant_but_that_of_narrative()
    {
        var found = new Dictionary<string, int>();
        var resources = 0;
        foreach (var file in Directory.GetFiles(PublishedData.Require("synthea-100"), "*.ndjson.gz"))
        {
            using var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                if (line.Length == 0)
                    continue;
                resources++;
                foreach (var issue in Check(Encoding.UTF8.GetBytes(line)))
                {
                    var key = $"{issue.Severity} {issue.Text}";
                    found[key] = found.GetValueOrDefault(key) + 1;
                }
            }
        }
        // All but the 98 patients and 273 care plans are without a narrative.
        Assert.Equal(
            ["37668 x Warning dom-6: A resource should have narrative for robust management"],
            found.Select(pair => $"{pair.Value} x {pair.Key}")
        );
        Assert.Equal(38039, resources);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","contact":[{"relationship":[{"text":"mother"}]}]}""", "Patient.contact[0]", "pat-1")]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"c"},"valueInteger":1,"dataAbsentReason":{"text":"unknown"}}""",
        "Observation",
        "obs-6"
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"c"},"effectivePeriod":{"start":"2024-02-01","end":"2024-01-01"}}""",
        "Observation.effective",
        "per-1"
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"c"},"referenceRange":[{"low":{"value":1}},{"appliesTo":[{"text":"x"}]}]}""",
        "Observation.referenceRange[1]",
        "obs-3"
    )]
    [InlineData(
        """{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"never referred to"}]}""",
        "Patient",
        "dom-3"
    )]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#nothing"}}""", "Patient.managingOrganization", "ref-1")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","total":1}""", "Bundle", "bdl-1")]
    [InlineData(
        """{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Organization","active":true}}]}""",
        "Bundle.entry[0].resource",
        "org-1"
    )]
    public void A_violated_invariant_is_an_error_at_its_place(string resource, string location, string key)
    {
        var result = Validator.Validate(Encoding.UTF8.GetBytes(resource));
        ValidationIssue issue = Assert.Single(
            result.Issues,
            issue => issue.Code == IssueCode.Invariant && issue.Severity == IssueSeverity.Error
        );
        Assert.Equal(location, issue.Location);
        Assert.StartsWith(key + ":", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resource_without_narrative_is_warned_about_only() =>
        Assert.StartsWith(
            "dom-6:",
            Assert.Single(Check("""{"resourceType":"Patient"}"""u8.ToArray()), issue => issue.Severity == IssueSeverity.Warning).Text,
            StringComparison.Ordinal
        );
}
