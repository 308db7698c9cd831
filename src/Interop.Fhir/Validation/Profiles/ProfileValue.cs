using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>One value of an element: its JSON, its FHIRPath location, and for a choice the type that its property names.</summary>
internal readonly record struct ProfileValue(JsonElement Json, string Path, string? ChosenType)
{
    /// <summary>The values of an element, or of all types of a choice (value[x]). A primitive with extensions only has none.</summary>
    public static IEnumerable<ProfileValue> Of(JsonElement parent, string name, string path)
    {
        var isChoice = name.EndsWith("[x]", StringComparison.Ordinal);
        return Of(parent, isChoice ? name[..^3] : name, path, isPlain: !isChoice, isChoice);
    }

    /// <summary>As <see cref="Of(JsonElement, string, string)"/>, for a step of a path, which names a choice without [x].</summary>
    public static IEnumerable<ProfileValue> OfAny(JsonElement parent, string name, string path) =>
        Of(parent, name, path, isPlain: true, isChoice: true);

    private static IEnumerable<ProfileValue> Of(JsonElement parent, string bare, string path, bool isPlain, bool isChoice)
    {
        if (parent.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (var property in parent.EnumerateObject())
        {
            string? type = null;
            if (
                isChoice
                && property.Name.Length > bare.Length
                && property.Name.StartsWith(bare, StringComparison.Ordinal)
                && char.IsUpper(property.Name[bare.Length])
            )
                type = property.Name[bare.Length..];
            else if (!isPlain || property.Name != bare)
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

    /// <summary>The number of primitives with extensions only (<c>_birthDate</c> without <c>birthDate</c>): they count for
    /// cardinality.</summary>
    public static int CountWithoutValue(JsonElement parent, string name)
    {
        var isChoice = name.EndsWith("[x]", StringComparison.Ordinal);
        var start = "_" + (isChoice ? name[..^3] : name);
        var count = 0;
        foreach (var property in parent.EnumerateObject())
        {
            if (property.Name[0] != '_' || !(isChoice ? property.Name.StartsWith(start, StringComparison.Ordinal) : property.Name == start))
                continue;
            var hasValue = parent.TryGetProperty(property.Name[1..], out var value);
            if (property.Value.ValueKind != JsonValueKind.Array)
            {
                count += hasValue ? 0 : 1;
                continue;
            }

            var index = 0;
            foreach (var item in property.Value.EnumerateArray())
            {
                var isEmpty =
                    !hasValue
                    || value.ValueKind != JsonValueKind.Array
                    || index >= value.GetArrayLength()
                    || value[index].ValueKind == JsonValueKind.Null;
                count += item.ValueKind == JsonValueKind.Object && isEmpty ? 1 : 0;
                index++;
            }
        }

        return count;
    }

    /// <summary>Whether a value has at least what the pattern has; an array has each of the pattern's items somewhere
    /// (ElementDefinition.pattern[x]).</summary>
    public static bool HasPattern(JsonElement value, JsonElement pattern) =>
        pattern.ValueKind switch
        {
            JsonValueKind.Object => value.ValueKind == JsonValueKind.Object
                && pattern.EnumerateObject().All(p => value.TryGetProperty(p.Name, out var inner) && HasPattern(inner, p.Value)),
            JsonValueKind.Array => value.ValueKind == JsonValueKind.Array
                && pattern.EnumerateArray().All(p => value.EnumerateArray().Any(v => HasPattern(v, p))),
            _ => JsonElement.DeepEquals(value, pattern),
        };
}
