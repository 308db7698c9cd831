using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interop.SchemaGenerator;

/// <summary>
/// Writes R4's vital signs profiles (https://hl7.org/fhir/R4/observation-vitalsigns.html) and the value sets of their units as NDJSON, with
/// only those members that a validator reads.
/// </summary>
internal static class VitalSignsWriter
{
    private const string Base = "http://hl7.org/fhir/StructureDefinition/vitalsigns";
    private const string Units = "http://hl7.org/fhir/ValueSet/ucum-";

    private static readonly string[] ElementMembers =
    [
        "id",
        "path",
        "sliceName",
        "slicing",
        "min",
        "max",
        "maxLength",
        "type",
        "constraint",
    ];
    private static readonly string[] ValuePrefixes = ["fixed", "pattern", "minValue", "maxValue"];

    public static string Write(string folder, Definitions definitions)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "profiles-others.json")));
        var profiles = document
            .RootElement.GetProperty("entry")
            .EnumerateArray()
            .Select(entry => entry.GetProperty("resource"))
            .Where(IsVitalSigns)
            .Select(ProfileOf)
            .ToList();
        var units = profiles
            .SelectMany(profile => profile["snapshot"]!["element"]!.AsArray())
            .Select(element => element!["binding"]?["valueSet"]?.GetValue<string>().Split('|')[0])
            .Where(url => url is not null && url.StartsWith(Units, StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal)
            .Select(url => ValueSetOf(definitions.ValueSets[url!]));
        var lines = new StringBuilder();
        foreach (var resource in profiles.Concat(units))
            lines.Append(resource.ToJsonString()).Append('\n');
        return lines.ToString();
    }

    private static bool IsVitalSigns(JsonElement resource) =>
        Text(resource, "resourceType") == "StructureDefinition"
        && (Text(resource, "url") == Base || Text(resource, "baseDefinition") == Base);

    private static JsonObject ProfileOf(JsonElement definition)
    {
        var profile = Pick(definition, "resourceType", "url", "fhirVersion", "kind", "type", "baseDefinition", "derivation");
        var elements = definition.GetProperty("snapshot").GetProperty("element").EnumerateArray().Select(ElementOf);
        profile["snapshot"] = new JsonObject { ["element"] = new JsonArray([.. elements]) };
        return profile;
    }

    private static JsonObject ElementOf(JsonElement element)
    {
        var values = element
            .EnumerateObject()
            .Select(p => p.Name)
            .Where(name => ValuePrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)));
        var kept = Pick(element, [.. ElementMembers, .. values]);
        if (kept["slicing"] is JsonObject slicing)
            slicing.Remove("description");
        if (kept["constraint"] is JsonArray constraints)
        {
            // Those of R4's types are checked with the types.
            foreach (
                var constraint in constraints
                    .Where(c => !c!["key"]!.GetValue<string>().StartsWith("vs-", StringComparison.Ordinal))
                    .ToList()
            )
                constraints.Remove(constraint);
            foreach (var constraint in constraints)
                constraint!.AsObject().Remove("xpath");
            if (constraints.Count == 0)
                kept.Remove("constraint");
        }

        if (element.TryGetProperty("binding", out var binding) && Text(binding, "strength") == "required")
            kept["binding"] = Pick(binding, "strength", "valueSet");
        return kept;
    }

    private static JsonObject ValueSetOf(JsonElement valueSet) => Pick(valueSet, "resourceType", "url", "compose");

    private static JsonObject Pick(JsonElement from, params string[] members)
    {
        var picked = new JsonObject();
        foreach (var member in members)
        {
            if (from.TryGetProperty(member, out var value))
                picked[member] = JsonNode.Parse(value.GetRawText());
        }

        return picked;
    }

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
