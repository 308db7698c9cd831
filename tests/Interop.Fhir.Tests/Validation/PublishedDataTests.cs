using System.Text;
using System.Text.Json.Nodes;
using Interop.Fhir.Validation;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation;

public class PublishedDataTests
{
    [DataFact("synthea-100")]
    public void Every_synthea_resource_is_valid()
    {
        var count = 0;
        var issues = new List<string>();
        foreach (var file in TestData.SyntheaFiles)
        {
            foreach (var resource in TestData.SyntheaResources(file))
            {
                count++;
                var result = ResourceValidator.Default.Validate(resource);
                Assert.Equal(Path.GetFileName(file), result.ResourceType + ".ndjson.gz");
                Assert.NotNull(result.Id);
                Assert.NotNull(result.LastUpdated);
                issues.AddRange(result.Issues.Select(i => $"{result.Id} {i}"));
            }
        }

        Assert.Empty(issues);
        Assert.Equal(38_039, count);
    }

    [DataFact("fhir-r4/examples")]
    public void Every_example_of_the_standard_is_valid_but_one()
    {
        var errors = TestData
            .ExampleFiles.Where(f => Path.GetFileName(f) != "bundle-questionnaire.json")
            .SelectMany(f =>
                ResourceValidator
                    .Default.Validate(File.ReadAllBytes(f))
                    .Issues.Where(i => i.Severity == IssueSeverity.Error)
                    .Select(i => $"{Path.GetFileName(f)} {i}")
            )
            .ToList();
        Assert.Empty(errors);
        Assert.Equal(72, TestData.ExampleFiles.Count());
    }

    [DataFact("fhir-r4/examples")]
    public void Every_item_without_link_id_is_found_at_its_place()
    {
        var example = TestData.Example("bundle-questionnaire.json");
        var expected = ItemsWithoutLinkId(JsonNode.Parse(example)!.AsObject(), "Questionnaire").Order(StringComparer.Ordinal).ToList();

        var result = ResourceValidator.Default.Validate(example);

        Assert.Equal(50, expected.Count);
        Assert.All(result.Issues, i => Assert.Equal(IssueCode.Required, i.Code));
        Assert.Equal(expected, result.Issues.Select(i => i.Location).Order(StringComparer.Ordinal));
    }

    [DataFact("fhir-r4/examples")]
    public void Decimals_beyond_dot_net_are_valid()
    {
        var example = TestData.Example("observation-decimal.json");
        Assert.Contains("E-245", Encoding.UTF8.GetString(example), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(ResourceValidator.Default.Validate(example).Issues);
    }

    private static IEnumerable<string> ItemsWithoutLinkId(JsonObject parent, string path)
    {
        if (parent["item"] is not JsonArray items)
            yield break;
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i]!.AsObject();
            if (!item.ContainsKey("linkId"))
                yield return $"{path}.item[{i}].linkId";
            foreach (var nested in ItemsWithoutLinkId(item, $"{path}.item[{i}]"))
                yield return nested;
        }
    }
}
