using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// Whether a value belongs to a slice, by the slicing's discriminators (https://hl7.org/fhir/R4/profiling.html#discriminator). A
/// discriminator that this cannot decide (profile, or a path with resolve()) lets a value into no slice.
/// </summary>
internal static class ProfileSlice
{
    public static bool Matches(ProfileElement sliced, ProfileElement slice, ProfileValue value)
    {
        if (sliced.Name is "extension" or "modifierExtension")
            return Profile.Text(value.Json, "url") is { } url && url == ExtensionUrl(slice);
        if (sliced.Discriminators.IsEmpty)
            return value.ChosenType is not null && HasType(slice, value.ChosenType);
        return sliced.Discriminators.All(d => d.Type switch
        {
            "value" or "pattern" => HasValue(slice, d.Path, value),
            "exists" => ProfilePath.Values(value.Json, d.Path).Any() == (Find(slice, d.Path)?.Max != 0),
            "type" when d.Path == "$this" => value.ChosenType is not null && HasType(slice, value.ChosenType),
            _ => false,
        });
    }

    private static string? ExtensionUrl(ProfileElement slice) =>
        slice.Types.Select(t => t.Profile?.Split('|')[0]).FirstOrDefault(p => p is not null)
        ?? (slice.Children.Find(c => c.Name == "url")?.Fixed is { ValueKind: JsonValueKind.String } url ? url.GetString() : null);

    private static bool HasType(ProfileElement slice, string type) =>
        slice.Types.Any(t => t.Code.Equals(type, StringComparison.OrdinalIgnoreCase));

    // The value that tells the slices apart stands at the path, or in the pattern of an element above it.
    private static bool HasValue(ProfileElement slice, string path, ProfileValue value)
    {
        var steps = path == "$this" ? [] : path.Split('.');
        var element = slice;
        for (var i = 0; ; i++)
        {
            var found = ProfilePath.Values(value.Json, string.Join('.', steps.Take(i))).ToList();
            if (element.Fixed is { } exact)
                return found.Any(f => i == steps.Length ? JsonElement.DeepEquals(f, exact) : ProfileValue.HasPattern(f, exact));
            if (element.Pattern is { } pattern)
                return found.Any(f => ProfileValue.HasPattern(f, pattern));
            if (i == steps.Length || element.Children.Find(c => c.Name == steps[i]) is not { } next)
                return false;
            element = next;
        }
    }

    private static ProfileElement? Find(ProfileElement slice, string path)
    {
        var element = slice;
        foreach (var step in path == "$this" ? [] : path.Split('.'))
        {
            if (element.Children.Find(c => c.Name == step) is not { } next)
                return null;
            element = next;
        }

        return element;
    }
}

/// <summary>The simple paths of discriminators: names with dots between, through arrays.</summary>
internal static class ProfilePath
{
    public static IEnumerable<JsonElement> Values(JsonElement value, string path)
    {
        IEnumerable<JsonElement> values = [value];
        if (path is "$this" or "")
            return values;
        foreach (var step in path.Split('.'))
            values = values.SelectMany(v => v.ValueKind == JsonValueKind.Object ? ProfileValue.Of(v, step, "").Select(p => p.Json) : []);
        return values;
    }
}
