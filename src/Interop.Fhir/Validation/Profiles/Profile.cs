using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// A StructureDefinition that constrains a type (https://hl7.org/fhir/R4/profiling.html). A snapshot is used where there is one; otherwise
/// <see cref="ProfileSet"/> adds the differential to the rules of the base. Immutable.
/// </summary>
public sealed class Profile
{
    private readonly JsonElement _elements;

    private Profile(string url, string type, string baseUrl, bool hasSnapshot, JsonElement elements)
    {
        Url = url;
        Type = type;
        BaseUrl = baseUrl;
        HasSnapshot = hasSnapshot;
        _elements = elements;
    }

    /// <summary>The canonical, without version, by which a resource claims the profile in meta.profile.</summary>
    public string Url { get; }

    /// <summary>The type that is constrained: Patient, or Extension.</summary>
    public string Type { get; }

    /// <summary>The canonical, without version, of the type or profile that this profile constrains.</summary>
    public string BaseUrl { get; }

    /// <summary>Whether the definition has all rules, those of its bases included.</summary>
    public bool HasSnapshot { get; }

    /// <summary>Reads a StructureDefinition in JSON.</summary>
    /// <exception cref="FormatException">It is not JSON, not a StructureDefinition that constrains a type, or has no elements; the message
    /// says which.</exception>
    public static Profile Load(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return Read(document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"The profile cannot be read: {e.Message}", e);
        }
    }

    internal static Profile Read(JsonElement definition)
    {
        if (Text(definition, "resourceType") != "StructureDefinition")
            throw new FormatException("The profile is not a StructureDefinition.");
        var url = Text(definition, "url") ?? throw new FormatException("The profile has no url.");
        if (Text(definition, "derivation") != "constraint")
            throw new FormatException($"{url} does not constrain a type: its derivation is not 'constraint'.");
        var type = Text(definition, "type") ?? throw new FormatException($"{url} has no type.");
        var hasSnapshot = definition.TryGetProperty("snapshot", out var view);
        if (!hasSnapshot && !definition.TryGetProperty("differential", out view))
            throw new FormatException($"{url} has neither snapshot nor differential.");
        var profile = new Profile(
            WithoutVersion(url),
            type,
            WithoutVersion(Text(definition, "baseDefinition") ?? ""),
            hasSnapshot,
            view.GetProperty("element")
        );
        profile.Build(null);
        return profile;
    }

    /// <summary>The tree of rules.</summary>
    /// <param name="baseRules">The rules of the base, to which a differential is added; null for a type of R4, whose rules the validator
    /// checks itself.</param>
    /// <exception cref="FormatException">An element is incomplete or not of the profile's type.</exception>
    internal ProfileElement Build(ProfileElement? baseRules)
    {
        var root = HasSnapshot || baseRules is null ? new ProfileElement(Type, null) : baseRules.Clone();
        foreach (var element in _elements.EnumerateArray())
        {
            var id =
                Text(element, "id") ?? Text(element, "path") ?? throw new FormatException($"{Url} has an element without id and path.");
            Place(root, id).Constrain(element);
        }

        return root;
    }

    // An id is a path whose steps can name a slice: Patient.identifier:mrn.system.
    private ProfileElement Place(ProfileElement root, string id)
    {
        var steps = id.Split('.');
        if (steps[0] != Type)
            throw new FormatException($"The element {id} is not of the profile's type, {Type}.");
        var element = root;
        foreach (var step in steps.AsSpan(1))
        {
            var colon = step.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? step : step[..colon];
            element = Find(element.Children, c => c.Name == name, () => new ProfileElement(name, null));
            if (colon >= 0)
                element = PlaceSlice(element, name, step[(colon + 1)..]);
        }

        return element;
    }

    // A slice name with a slash is a slice of the slice before the slash where that one is known. Else the slash is part of the name.
    private static ProfileElement PlaceSlice(ProfileElement sliced, string name, string sliceName)
    {
        var element = sliced;
        for (var slash = sliceName.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = sliceName.IndexOf('/', slash + 1))
        {
            var outer = sliceName[..slash];
            element = element.Slices.Find(s => s.Slice == outer) ?? element;
        }

        return Find(element.Slices, s => s.Slice == sliceName, () => new ProfileElement(name, sliceName));
    }

    private static ProfileElement Find(List<ProfileElement> elements, Predicate<ProfileElement> isIt, Func<ProfileElement> create)
    {
        var found = elements.Find(isIt);
        if (found is null)
            elements.Add(found = create());
        return found;
    }

    internal static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(property, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    internal static string WithoutVersion(string canonical)
    {
        var bar = canonical.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? canonical : canonical[..bar];
    }
}
