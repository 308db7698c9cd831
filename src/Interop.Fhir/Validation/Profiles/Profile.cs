using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// Rules that a StructureDefinition adds to a base type (https://hl7.org/fhir/R4/profiling.html): cardinalities, fixed and pattern values,
/// required bindings, and slices told apart by value, pattern, existence or type. Invariants, references to further profiles, and weaker
/// bindings are not checked. Immutable.
/// </summary>
public sealed class Profile
{
    private Profile(string url, string type, string baseUrl, ProfileElement root)
    {
        Url = url;
        Type = type;
        BaseUrl = baseUrl;
        Root = root;
    }

    /// <summary>The canonical, without version, by which a resource claims the profile in meta.profile.</summary>
    public string Url { get; }

    /// <summary>The type that is constrained: Patient, or Extension.</summary>
    public string Type { get; }

    /// <summary>The canonical of what the profile constrains: a type of R4, or another profile, whose rules hold too where it is loaded.</summary>
    public string BaseUrl { get; }

    internal ProfileElement Root { get; }

    /// <summary>Reads a StructureDefinition in JSON.</summary>
    /// <exception cref="FormatException">It is no JSON, no StructureDefinition that constrains a type, or has no elements; the message says which.</exception>
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

    private static Profile Read(JsonElement definition)
    {
        if (Text(definition, "resourceType") != "StructureDefinition")
            throw new FormatException("The profile is not a StructureDefinition.");
        var url = Text(definition, "url") ?? throw new FormatException("The profile has no url.");
        if (Text(definition, "derivation") != "constraint")
            throw new FormatException($"{url} does not constrain a type: its derivation is not 'constraint'.");
        var type = Text(definition, "type") ?? throw new FormatException($"{url} has no type.");

        // The differential has what the profile adds, and nothing that the base type's own validation says already.
        if (!definition.TryGetProperty("differential", out var view) && !definition.TryGetProperty("snapshot", out view))
            throw new FormatException($"{url} has neither differential nor snapshot.");

        var elements = new Dictionary<string, ProfileElement>(StringComparer.Ordinal) { [type] = new ProfileElement(type, null) };
        foreach (var element in view.GetProperty("element").EnumerateArray())
            Place(Text(element, "id") ?? Text(element, "path") ?? throw new FormatException($"{url} has an element without id and path."), elements).Constrain(element);
        return new Profile(url, type, Text(definition, "baseDefinition") ?? "", elements[type]);
    }

    // An id is a path whose steps can name a slice: Patient.identifier:mrn.system. A differential leaves out steps that it does not constrain.
    private static ProfileElement Place(string id, Dictionary<string, ProfileElement> elements)
    {
        if (elements.TryGetValue(id, out var known))
            return known;
        var dot = id.LastIndexOf('.');
        if (dot < 0)
            throw new FormatException($"The element {id} is not of the profile's type.");

        var step = id[(dot + 1)..];
        var colon = step.IndexOf(':');
        var element = new ProfileElement(colon < 0 ? step : step[..colon], colon < 0 ? null : step[(colon + 1)..]);
        if (colon < 0)
            Place(id[..dot], elements).Children.Add(element);
        else
            Place(id[..(dot + 1 + colon)], elements).Slices.Add(element);
        elements.Add(id, element);
        return element;
    }

    internal static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What a profile says of one element or slice.</summary>
internal sealed class ProfileElement(string name, string? slice)
{
    /// <summary>The element's name; a choice ends with [x].</summary>
    public string Name { get; } = name;

    public string? Slice { get; } = slice;

    public List<ProfileElement> Children { get; } = [];

    public List<ProfileElement> Slices { get; } = [];

    public int Min { get; private set; }

    public int Max { get; private set; } = int.MaxValue;

    /// <summary>fixed[x]: the value must be exactly this.</summary>
    public JsonElement? Fixed { get; private set; }

    /// <summary>pattern[x]: the value must have at least this.</summary>
    public JsonElement? Pattern { get; private set; }

    /// <summary>The canonical of a required binding.</summary>
    public string? RequiredValueSet { get; private set; }

    /// <summary>Type codes, and the profiles they ask for: an extension's slice is known by its profile.</summary>
    public ImmutableArray<(string Code, string? Profile)> Types { get; private set; } = [];

    public ImmutableArray<(string Type, string Path)> Discriminators { get; private set; } = [];

    public bool IsClosed { get; private set; }

    public void Constrain(JsonElement element)
    {
        if (element.TryGetProperty("min", out var min))
            Min = min.GetInt32();
        if (Profile.Text(element, "max") is { } max && int.TryParse(max, out var most))
            Max = most;
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.StartsWith("fixed", StringComparison.Ordinal))
                Fixed = property.Value;
            else if (property.Name.StartsWith("pattern", StringComparison.Ordinal))
                Pattern = property.Value;
        }

        if (element.TryGetProperty("binding", out var binding) && Profile.Text(binding, "strength") == "required")
            RequiredValueSet = Profile.Text(binding, "valueSet");
        if (element.TryGetProperty("type", out var types))
            Types = [.. types.EnumerateArray().Select(t => (Required(t, "code"), FirstProfile(t)))];
        if (element.TryGetProperty("slicing", out var slicing))
            Slicing(slicing);
    }

    private void Slicing(JsonElement slicing)
    {
        IsClosed = Profile.Text(slicing, "rules") == "closed";
        if (slicing.TryGetProperty("discriminator", out var discriminators))
            Discriminators = [.. discriminators.EnumerateArray().Select(d => (Required(d, "type"), Required(d, "path")))];
    }

    private string Required(JsonElement element, string property) =>
        Profile.Text(element, property) ?? throw new FormatException($"A type or discriminator of {Name} has no {property}.");

    private static string? FirstProfile(JsonElement type) =>
        type.TryGetProperty("profile", out var profiles) && profiles.GetArrayLength() > 0 ? profiles[0].GetString() : null;
}
