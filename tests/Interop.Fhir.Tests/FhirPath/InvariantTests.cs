using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>The invariants of R4: all of them compile and check, and hold where the specification says that they do.</summary>
public class InvariantTests
{
    private static readonly ResourceValidator Validator = new(new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default });

    private static List<ValidationIssue> Check(byte[] resource)
    {
        using JsonDocument document = JsonDocument.Parse(resource);
        var issues = new List<ValidationIssue>();
        InvariantChecker.Default.Check(resource, R4Schema.Default.FindResource(document.RootElement.GetProperty("resourceType").GetString()!)!, issues);
        return issues;
    }

    [Fact]
    public void EveryInvariantOfR4CompilesAgainstTheTypesThatItIsOn()
    {
        int checkedExpressions = 0;
        var failures = new List<string>();
        void Compile(Invariant invariant, string type)
        {
            checkedExpressions++;
            try
            {
                FhirPathCompiler.Compile(invariant.Expression, new FhirPathOptions { InputType = type });
            }
            catch (FhirPathException error)
            {
                failures.Add($"{invariant.Key} on {type}: {invariant.Expression}: {error.Message}");
            }
        }
        foreach (TypeDefinition type in R4Schema.Default.Types.Values)
        {
            foreach (Invariant invariant in type.Invariants)
                Compile(invariant, type.Name);
            foreach (ElementDefinition element in type.Elements)
            {
                foreach (Invariant invariant in element.Invariants)
                    Compile(invariant, element.Types[0].Type.Name);
            }
        }
        Assert.Equal("", string.Join('\n', failures));
        Assert.True(checkedExpressions > 500, $"only {checkedExpressions} expressions");
    }

    [SuiteFact("fhir-r4/examples")]
    public void TheExamplesOfTheStandardHoldEveryInvariantThatIsAnError()
    {
        var errors = new List<string>();
        foreach (string file in Directory.GetFiles(SuiteData.Require("fhir-r4/examples"), "*.json"))
        {
            foreach (ValidationIssue issue in Check(File.ReadAllBytes(file)))
                errors.Add($"{Path.GetFileName(file)}: {issue.Severity} {issue.Location}: {issue.Text}");
        }
        Assert.Equal("", string.Join('\n', errors));
    }

    [SuiteFact("synthea-100")]
    public void TheSyntheaDataHoldsEveryInvariant()
    {
        var found = new ConcurrentDictionary<string, int>();
        int resources = 0;
        foreach (string file in Directory.GetFiles(SuiteData.Require("synthea-100"), "*.ndjson.gz"))
        {
            using var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                if (line.Length == 0)
                    continue;
                resources++;
                foreach (ValidationIssue issue in Check(Encoding.UTF8.GetBytes(line)))
                    found.AddOrUpdate($"{issue.Severity} {issue.Text}", 1, (_, count) => count + 1);
            }
        }
        Assert.Equal("", string.Join('\n', found.Select(pair => $"{pair.Value} x {pair.Key}")));
        Assert.Equal(38039, resources);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","contact":[{"relationship":[{"text":"mother"}]}]}""", "Patient.contact[0]", "pat-1")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"c"},"valueInteger":1,"dataAbsentReason":{"text":"unknown"}}""", "Observation", "obs-6")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"c"},"effectivePeriod":{"start":"2024-02-01","end":"2024-01-01"}}""", "Observation.effective", "per-1")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"c"},"referenceRange":[{"low":{"value":1}},{"appliesTo":[{"text":"x"}]}]}""", "Observation.referenceRange[1]", "obs-3")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"never referred to"}]}""", "Patient", "dom-3")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#nothing"}}""", "Patient.managingOrganization", "ref-1")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","total":1}""", "Bundle", "bdl-1")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Organization","active":true}}]}""", "Bundle.entry[0].resource", "org-1")]
    public void AViolatedInvariantIsAnErrorAtItsPlace(string resource, string location, string key)
    {
        ValidationResult result = Validator.Validate(Encoding.UTF8.GetBytes(resource));
        ValidationIssue issue = Assert.Single(result.Issues, issue => issue.Code == IssueCode.Invariant && issue.Severity == IssueSeverity.Error);
        Assert.Equal(location, issue.Location);
        Assert.StartsWith(key + ":", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AResourceWithoutNarrativeIsWarnedAboutOnly() =>
        Assert.StartsWith("dom-6:", Assert.Single(Check("""{"resourceType":"Patient"}"""u8.ToArray()), issue => issue.Severity == IssueSeverity.Warning).Text, StringComparison.Ordinal);
}
