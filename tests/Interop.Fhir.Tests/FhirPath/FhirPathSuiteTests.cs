using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Tests;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>The FHIRPath test suite of FHIR R4, every test of it but the named exceptions.</summary>
public class FhirPathSuiteTests
{
    [DataFact("fhir-r4/fhirpath")]
    public void Every_test_of_the_FHIRPath_suite_passes_but_the_named_exceptions()
    {
        var suite = XDocument.Load(Path.Combine(PublishedData.Require("fhir-r4/fhirpath"), "tests-fhir-r4.xml"));
        var failures = new List<string>();
        var tests = 0;
        using var inputs = new SuiteInputs();
        foreach (var group in suite.Root!.Elements("group"))
        {
            foreach (var test in group.Elements("test"))
            {
                tests++;
                var name = $"{group.Attribute("name")!.Value}/{test.Attribute("name")?.Value}";
                var failure = Run(test, inputs);
                var isException = FhirPathSuiteExceptions.Reasons.ContainsKey(name);
                if (failure is not null && !isException)
                    failures.Add($"{name}: {test.Element("expression")!.Value.Trim()}: {failure}");
                else if (failure is null && isException)
                    failures.Add($"{name}: passes, and is to be removed from the exceptions");
            }
        }
        Assert.True(failures.Count == 0, $"{failures.Count} of {tests} are not as they should be:\n{string.Join('\n', failures)}");
        // A search for the word finds 937: two of them are commented out in the file.
        Assert.Equal(935, tests);
    }

    /// <summary>Null where the test passes, else why not.</summary>
    private static string? Run(XElement test, SuiteInputs inputs)
    {
        var expression = test.Element("expression")!;
        var invalid = expression.Attribute("invalid")?.Value;
        JsonElement? input = null;
        if (test.Attribute("inputfile")?.Value is { } file && (input = inputs.Find(file)) is null)
            return $"the input {file} is not there";
        IReadOnlyList<FhirPathNode> found;
        try
        {
            var options = new FhirPathOptions
            {
                InputType = input?.GetProperty("resourceType").GetString(),
                CheckOrderedFunctions = test.Attribute("checkOrderedFunctions")?.Value == "true",
            };
            var path = FhirPathCompiler.Compile(expression.Value, options);
            found = input is { } resource ? path.Evaluate(resource) : path.Evaluate();
        }
        catch (FhirPathException error)
        {
            if (invalid is null)
                return $"{error.Kind}: {error.Message}";
            return invalid == "syntax" && error.Kind != FhirPathErrorKind.Syntax
                ? $"a syntax error was expected, but it is {error.Kind}: {error.Message}"
                : null;
        }
        if (invalid is not null)
            return $"an error ({invalid}) was expected, but it gives {Shown(found)}";
        List<XElement> expected = [.. test.Elements("output")];
        if (test.Attribute("predicate")?.Value == "true")
            found = [FhirPathNode.FromBoolean(found.Count > 0)];
        if (expected.Count != found.Count)
            return $"expected {expected.Count} items but found {Shown(found)}";
        var left = found.ToList();
        var ordered = test.Attribute("ordered")?.Value != "false";
        for (var i = 0; i < expected.Count; i++)
        {
            var at = ordered ? 0 : Math.Max(0, left.FindIndex(node => Mismatch(expected[i], node) is null));
            if (Mismatch(expected[i], left[at]) is { } mismatch)
                return mismatch;
            left.RemoveAt(at);
        }
        return null;
    }

    private static string? Mismatch(XElement expected, FhirPathNode node)
    {
        var type = expected.Attribute("type")?.Value;
        if (type is not null && !node.Type.Name.Equals(type, StringComparison.OrdinalIgnoreCase))
            return $"expected type {type} but found {node.Type} {node}";
        var wanted = expected.Value;
        var text = node.AsText() ?? node.ToString();
        // Dates and times are stated as literals; the sign of a zero is no difference of a decimal.
        if (node.Kind is NodeKind.Date or NodeKind.DateTime or NodeKind.Time)
            wanted = wanted.TrimStart('@').TrimStart('T');
        else if (
            node.Kind == NodeKind.Decimal
            && decimal.TryParse(wanted, NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
        )
            return node.TryGetDecimal(out var own) && own == number && (type == "decimal" || own.Scale == number.Scale)
                ? null
                : $"expected {wanted} but found {text}";
        return text == wanted ? null : $"expected {wanted} but found {text}";
    }

    private static string Shown(IReadOnlyList<FhirPathNode> nodes) =>
        nodes.Count == 0 ? "nothing" : string.Join(", ", nodes.Select(node => $"{node.Type.Name} {node}"));
}
