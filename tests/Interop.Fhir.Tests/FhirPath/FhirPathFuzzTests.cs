using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.Schema;
using Interop.Fhir.Tests.Validation;
using Interop.Tests;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>Expressions and data are untrusted input: the engine throws only <see cref="FhirPathException"/>.</summary>
public class FhirPathFuzzTests
{
    // Small limits: the inputs are small, and each run shall be short, whatever the expression multiplies.
    private static readonly EvaluationContext Context = new()
    {
        Limits = new EvaluationLimits
        {
            MaxSteps = 200_000,
            MaxItems = 50_000,
            MaxTextBytes = 1_000_000,
            MaxRegexTime = TimeSpan.FromSeconds(0.2),
        },
    };

    [Fact]
    public void Mutated_expressions_on_mutated_data_fail_only_as_FHIRPath_errors()
    {
        string[] expressions =
        [
            .. R4Schema
                .Default.Types.Values.SelectMany(type => type.Invariants)
                .Select(invariant => invariant.Expression)
                .Distinct()
                .Order(StringComparer.Ordinal),
            .. Suite(),
        ];
        JsonNode[] resources =
        [
            .. SampleResources.All.Select(Expect.Utf8).Concat(TestData.SmallExamples).Select(bytes => JsonNode.Parse(bytes)!),
        ];
        var random = new Random(20240506);
        int runs = Fuzz.Runs(5_000),
            evaluated = 0;
        for (var run = 0; run < runs; run++)
        {
            var expression = expressions[random.Next(expressions.Length)];
            for (var change = random.Next(3); change > 0; change--)
                expression = Fuzz.Path(expression, random);
            var json = Fuzz.Json(resources[random.Next(resources.Length)], random);
            using var document = JsonDocument.Parse(json);
            try
            {
                var path = FhirPathCompiler.Compile(expression, new FhirPathOptions { InputType = random.Next(2) == 0 ? null : "Patient" });
                foreach (var node in path.Evaluate(document.RootElement, Context))
                    _ = node.ToString();
                evaluated++;
            }
            catch (FhirPathException)
            {
                // The only exception that is allowed.
            }
            catch (Exception error)
            {
                Assert.Fail($"run {run}: {expression}\n{error}\n{json[..Math.Min(2000, json.Length)]}");
            }
        }
        Assert.InRange(evaluated, runs / 4, runs);
    }

    private static IEnumerable<string> Suite() =>
        PublishedData.Find("fhir-r4/fhirpath") is { } folder
            ? XDocument.Load(Path.Combine(folder, "tests-fhir-r4.xml")).Descendants("expression").Select(e => e.Value)
            : [];
}
