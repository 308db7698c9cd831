using System.Text.Json;
using System.Xml.Linq;
using Interop.Fhir.FhirPath;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>Expressions and data come from outside: whatever they are, only <see cref="FhirPathException"/> leaves the engine.</summary>
public class FhirPathFuzzTests
{
    private static readonly string[] Scraps = ["(", ")", "'", ".", "[0]", " | ", " is ", "{}", "name", "given", ".first()", " = ", "1", "-", "@2015", "%x", "$this", "div", " 'mg'", "\\u00", "as", ".where(", "\"", "`"];

    private static readonly string[] Values = ["null", "true", "1", "1.5e400", "-9223372036854775808", "\"x\"", "\"\"", "[]", "{}", "[[1]]", "[null]", "{\"value\":\"x\"}", "{\"extension\":1}", "\"2024-13-45\""];

    [SuiteFact("fhir-r4/fhirpath")]
    public void MutilatedExpressionsOnMutilatedDataFailOnlyAsFhirPath()
    {
        string[] expressions = [.. XDocument.Load(Path.Combine(SuiteData.Require("fhir-r4/fhirpath"), "tests-fhir-r4.xml")).Descendants("expression").Select(e => e.Value)];
        string[] resources = [.. ((string[])["patient-example.json", "observation-example.json", "questionnaire-example.json"]).Select(file => File.ReadAllText(Path.Combine(SuiteData.Require("fhir-r4/examples"), file)))];
        var random = new Random(20240506);
        int evaluated = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string expression = expressions[random.Next(expressions.Length)];
            for (int change = random.Next(3); change > 0; change--)
                expression = Mutilate(expression, random);
            using JsonDocument document = JsonDocument.Parse(MutilateJson(resources[random.Next(resources.Length)], random));
            try
            {
                CompiledFhirPath path = FhirPathCompiler.Compile(expression, new FhirPathOptions { InputType = random.Next(2) == 0 ? null : "Patient" });
                foreach (FhirPathNode node in path.Evaluate(document.RootElement))
                    _ = node.ToString();
                evaluated++;
            }
            catch (FhirPathException)
            {
                // The only way to fail.
            }
            catch (Exception error)
            {
                Assert.Fail($"{expression}: {error}");
            }
        }
        Assert.InRange(evaluated, 5_000, 20_000);
    }

    private static string Mutilate(string text, Random random)
    {
        int at = random.Next(text.Length + 1), length = random.Next(Math.Min(6, text.Length - at + 1));
        return random.Next(3) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Scraps[random.Next(Scraps.Length)]),
            _ => text.Remove(at, length).Insert(at, Scraps[random.Next(Scraps.Length)]),
        };
    }

    /// <summary>Replaces the value of a property by something else that is JSON.</summary>
    private static string MutilateJson(string json, Random random)
    {
        for (int change = random.Next(4); change > 0; change--)
        {
            int at = json.IndexOf("\": ", random.Next(json.Length), StringComparison.Ordinal);
            if (at < 0)
                continue;
            string changed = $"{json[..(at + 3)]}{Values[random.Next(Values.Length)]},\"was{change}\": {json[(at + 3)..]}";
            if (IsJson(changed))
                json = changed;
        }
        return json;
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonDocument.Parse(text).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
