using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Fhir.Views;
using Interop.Tests;

namespace Interop.Fhir.Tests.Views;

/// <summary>The test suite of SQL on FHIR v2, every case of it, and its report.</summary>
public class SqlOnFhirSuiteTests
{
    private const string ReportFile = "sql-on-fhir-test-report.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [DataFact("sql-on-fhir-v2/tests")]
    public void Every_case_of_the_SQL_on_FHIR_suite_passes()
    {
        var report = new JsonObject();
        var failures = new List<string>();
        var cases = 0;
        foreach (var file in Directory.GetFiles(PublishedData.Require("sql-on-fhir-v2/tests"), "*.json").Order(StringComparer.Ordinal))
        {
            using var suite = JsonDocument.Parse(File.ReadAllBytes(file));
            var tests = new JsonArray();
            foreach (var test in suite.RootElement.GetProperty("tests").EnumerateArray())
            {
                cases++;
                var title = test.GetProperty("title").GetString()!;
                var reason = Run(test, suite.RootElement.GetProperty("resources"));
                var result = new JsonObject { ["passed"] = reason is null };
                if (reason is not null)
                {
                    failures.Add($"{Path.GetFileName(file)}: {title}: {reason}");
                    result["reason"] = reason;
                }
                tests.Add((JsonNode)new JsonObject { ["name"] = title, ["result"] = result });
            }
            report[Path.GetFileName(file)] = new JsonObject { ["tests"] = tests };
        }
        Write(report);
        Assert.True(failures.Count == 0, $"{failures.Count} of {cases} failed:\n{string.Join('\n', failures)}");
        Assert.Equal(134, cases);
    }

    private static void Write(JsonObject report)
    {
        var folder = Environment.GetEnvironmentVariable("INTEROP_REPORT_DIR") is { Length: > 0 } given ? given : AppContext.BaseDirectory;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, ReportFile), report.ToJsonString(Indented));
    }

    /// <summary>Null where the case passes, else why not.</summary>
    private static string? Run(JsonElement test, JsonElement resources)
    {
        var expectsError = test.TryGetProperty("expectError", out var flag) && flag.GetBoolean();
        RowCollector collector;
        CompiledView view;
        try
        {
            view = CompiledView.Compile(ViewDefinition.Parse(test.GetProperty("view")));
            collector = new RowCollector(view);
            foreach (var resource in resources.EnumerateArray())
                view.Run(resource, collector);
        }
        catch (Exception error) when (error is ViewDefinitionException or ViewEvaluationException)
        {
            return expectsError ? null : error.Message;
        }
        if (expectsError)
            return "an error was expected";
        if (
            test.TryGetProperty("expectColumns", out var names)
            && !names.EnumerateArray().Select(n => n.GetString()).SequenceEqual(view.Columns.Select(c => c.Name))
        )
            return $"columns are {string.Join(", ", view.Columns.Select(c => c.Name))}";
        if (test.TryGetProperty("expectCount", out var count) && count.GetInt32() != collector.Rows.Count)
            return $"{collector.Rows.Count} rows instead of {count}";
        return test.TryGetProperty("expect", out var expected) ? Difference([.. expected.EnumerateArray()], collector.Rows) : null;
    }

    /// <summary>Rows in any order: the suite states a set of them.</summary>
    private static string? Difference(List<JsonElement> expected, List<JsonObject> rows)
    {
        var left = new List<JsonObject>(rows);
        foreach (var row in expected)
        {
            var wanted = JsonNode.Parse(row.GetRawText())!;
            var at = left.FindIndex(found => SameRow(wanted.AsObject(), found));
            if (at < 0)
                return $"the row {row.GetRawText()} is missing; found: {string.Join(' ', rows.Select(r => r.ToJsonString()))}";
            left.RemoveAt(at);
        }
        return left.Count == 0 ? null : $"unexpected rows: {string.Join(' ', left.Select(r => r.ToJsonString()))}";
    }

    /// <summary>Every column that is expected, and no other.</summary>
    private static bool SameRow(JsonObject expected, JsonObject found) =>
        expected.Count == found.Count
        && expected.All(p => found.TryGetPropertyValue(p.Key, out var value) && JsonNode.DeepEquals(p.Value, value));
}
