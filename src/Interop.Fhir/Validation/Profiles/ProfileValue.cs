using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>One value of an element: its JSON, its FHIRPath location, and for a choice the type that its property names.</summary>
internal readonly record struct ProfileValue(JsonElement Json, string Path, string? ChosenType)
{
    /// <summary>The values of an element, or of all types of a choice (value[x]). A primitive with extensions only has none.</summary>
    public static IEnumerable<ProfileValue> Of(JsonElement parent, string name, string path)
    {
        var isChoice = name.EndsWith("[x]", StringComparison.Ordinal);
        var bare = isChoice ? name[..^3] : name;
        foreach (var property in parent.EnumerateObject())
        {
            string? type = null;
            if (isChoice && property.Name.Length > bare.Length && property.Name.StartsWith(bare, StringComparison.Ordinal) && char.IsUpper(property.Name[bare.Length]))
                type = property.Name[bare.Length..];
            else if (property.Name != bare)
                continue;

            if (property.Value.ValueKind != JsonValueKind.Array)
            {
                yield return new ProfileValue(property.Value, $"{path}.{bare}", type);
                continue;
            }

            var index = 0;
            foreach (var item in property.Value.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Null)
                    yield return new ProfileValue(item, $"{path}.{bare}[{index}]", type);
                index++;
            }
        }
    }

    /// <summary>Whether a value has at least what the pattern has; an array has each of the pattern's items somewhere (ElementDefinition.pattern[x]).</summary>
    public static bool HasPattern(JsonElement value, JsonElement pattern) => pattern.ValueKind switch
    {
        JsonValueKind.Object => value.ValueKind == JsonValueKind.Object
            && pattern.EnumerateObject().All(p => value.TryGetProperty(p.Name, out var inner) && HasPattern(inner, p.Value)),
        JsonValueKind.Array => value.ValueKind == JsonValueKind.Array
            && pattern.EnumerateArray().All(p => value.EnumerateArray().Any(v => HasPattern(v, p))),
        _ => JsonElement.DeepEquals(value, pattern),
    };
}
