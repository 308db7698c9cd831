using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>A type that a profile allows for an element (ElementDefinition.type).</summary>
/// <param name="Code">The type's code.</param>
/// <param name="Profiles">The canonicals, without version, of which the value must follow at least one; empty for none.</param>
/// <param name="Targets">The canonicals that a reference may point to; empty for any.</param>
internal sealed record ProfileType(string Code, ImmutableArray<string> Profiles, ImmutableArray<string> Targets);

/// <summary>An invariant of a profile (ElementDefinition.constraint).</summary>
internal sealed record ProfileInvariant(string Key, bool IsError, string Human, string Expression, string? Source);

/// <summary>The rules of a profile for one element or slice (https://hl7.org/fhir/R4/elementdefinition.html).</summary>
internal sealed class ProfileElement(string name, string? slice)
{
    private const string MaxValueSetUrl = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
    private const string AdditionalBindingUrl = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding";

    /// <summary>The element's name; the name of a choice ends with [x].</summary>
    public string Name { get; } = name;

    public string? Slice { get; } = slice;

    public List<ProfileElement> Children { get; } = [];

    public List<ProfileElement> Slices { get; } = [];

    public int Min { get; private set; }

    public int Max { get; private set; } = int.MaxValue;

    /// <summary>fixed[x]: the value must be exactly this.</summary>
    public JsonElement? Fixed { get; private set; }

    /// <summary>pattern[x]: the value must contain this.</summary>
    public JsonElement? Pattern { get; private set; }

    /// <summary>minValue[x] and maxValue[x].</summary>
    public JsonElement? MinValue { get; private set; }

    /// <inheritdoc cref="MinValue"/>
    public JsonElement? MaxValue { get; private set; }

    /// <summary>The largest number of characters of a string.</summary>
    public int? MaxLength { get; private set; }

    /// <summary>The canonicals of the value sets that a code must be in: the required binding, a maximum value set, and additional required
    /// bindings.</summary>
    public ImmutableArray<string> RequiredValueSets { get; private set; } = [];

    /// <summary>The canonicals of the value sets of extensible bindings: another code is a warning.</summary>
    public ImmutableArray<string> ExtensibleValueSets { get; private set; } = [];

    public ImmutableArray<ProfileType> Types { get; private set; } = [];

    public ImmutableArray<(string Type, string Path)> Discriminators { get; private set; } = [];

    public ImmutableArray<ProfileInvariant> Invariants { get; private set; } = [];

    public bool IsClosed { get; private set; }

    /// <summary>Without [x].</summary>
    public string BareName => Name.EndsWith("[x]", StringComparison.Ordinal) ? Name[..^3] : Name;

    /// <summary>The child that a step of a path names; the step names a choice without [x].</summary>
    public ProfileElement? Child(string step) => Children.Find(c => c.Name == step) ?? Children.Find(c => c.BareName == step);

    /// <summary>A copy that a derived profile can constrain further.</summary>
    public ProfileElement Clone()
    {
        var clone = new ProfileElement(Name, Slice)
        {
            Min = Min,
            Max = Max,
            Fixed = Fixed,
            Pattern = Pattern,
            MinValue = MinValue,
            MaxValue = MaxValue,
            MaxLength = MaxLength,
            RequiredValueSets = RequiredValueSets,
            ExtensibleValueSets = ExtensibleValueSets,
            Types = Types,
            Discriminators = Discriminators,
            Invariants = Invariants,
            IsClosed = IsClosed,
        };
        clone.Children.AddRange(Children.Select(c => c.Clone()));
        clone.Slices.AddRange(Slices.Select(s => s.Clone()));
        return clone;
    }

    /// <summary>Adds the rules of an ElementDefinition.</summary>
    /// <exception cref="FormatException">A type or discriminator is incomplete.</exception>
    public void Constrain(JsonElement element)
    {
        if (element.TryGetProperty("min", out var min))
            Min = min.GetInt32();
        if (Profile.Text(element, "max") is { } max)
            Max = int.TryParse(max, out var most) ? most : Max;
        if (element.TryGetProperty("maxLength", out var length) && length.TryGetInt32(out var characters))
            MaxLength = characters;
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.StartsWith("fixed", StringComparison.Ordinal))
                Fixed = property.Value;
            else if (property.Name.StartsWith("pattern", StringComparison.Ordinal))
                Pattern = property.Value;
            else if (property.Name.StartsWith("minValue", StringComparison.Ordinal))
                MinValue = property.Value;
            else if (property.Name.StartsWith("maxValue", StringComparison.Ordinal))
                MaxValue = property.Value;
        }

        if (element.TryGetProperty("binding", out var binding))
        {
            RequiredValueSets = [.. ValueSets(binding, "required"), .. Largest(binding), .. Additional(binding, "required", "maximum")];
            ExtensibleValueSets = [.. ValueSets(binding, "extensible"), .. Additional(binding, "extensible")];
        }

        if (element.TryGetProperty("type", out var types))
            Types = [.. types.EnumerateArray().Select(TypeOf)];
        if (element.TryGetProperty("slicing", out var slicing))
            Slicing(slicing);
        if (element.TryGetProperty("constraint", out var constraints))
            Invariants =
            [
                .. Invariants.Concat(constraints.EnumerateArray().Select(InvariantOf)).OfType<ProfileInvariant>().DistinctBy(i => i.Key),
            ];
    }

    private static ProfileInvariant? InvariantOf(JsonElement json) =>
        Profile.Text(json, "key") is { } key && Profile.Text(json, "expression") is { } expression
            ? new ProfileInvariant(
                key,
                Profile.Text(json, "severity") != "warning",
                Profile.Text(json, "human") ?? key,
                expression,
                Profile.Text(json, "source")
            )
            : null;

    private static IEnumerable<string> ValueSets(JsonElement binding, string strength)
    {
        if (Profile.Text(binding, "strength") == strength && Profile.Text(binding, "valueSet") is { } valueSet)
            yield return valueSet;
    }

    private static IEnumerable<string> Largest(JsonElement binding) =>
        Items(binding, "extension")
            .Where(e => Profile.Text(e, "url") == MaxValueSetUrl)
            .Select(e => Profile.Text(e, "valueCanonical") ?? Profile.Text(e, "valueUri"))
            .OfType<string>();

    // An additional binding with a usage holds only in some contexts, which a resource does not tell.
    private static IEnumerable<string> Additional(JsonElement binding, params string[] purposes) =>
        Items(binding, "extension")
            .Where(e =>
                Profile.Text(e, "url") == AdditionalBindingUrl
                && purposes.Contains(Part(e, "purpose", "valueCode"))
                && !Items(e, "extension").Any(part => Profile.Text(part, "url") == "usage")
            )
            .Select(e => Part(e, "valueSet", "valueCanonical"))
            .OfType<string>();

    private static string? Part(JsonElement extension, string name, string property) =>
        Items(extension, "extension")
            .Where(part => Profile.Text(part, "url") == name)
            .Select(part => Profile.Text(part, property))
            .FirstOrDefault();

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string property) =>
        json.TryGetProperty(property, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private ProfileType TypeOf(JsonElement json) =>
        new(Required(json, "code"), Canonicals(json, "profile"), Canonicals(json, "targetProfile"));

    private static ImmutableArray<string> Canonicals(JsonElement type, string property) =>
        [
            .. Items(type, property)
                .Select(item => item.ValueKind == JsonValueKind.String ? Profile.WithoutVersion(item.GetString()!) : null)
                .OfType<string>(),
        ];

    private void Slicing(JsonElement slicing)
    {
        IsClosed = Profile.Text(slicing, "rules") == "closed";
        if (slicing.TryGetProperty("discriminator", out var discriminators))
            Discriminators = [.. discriminators.EnumerateArray().Select(d => (Required(d, "type"), Required(d, "path")))];
    }

    private string Required(JsonElement element, string property) =>
        Profile.Text(element, property) ?? throw new FormatException($"A type or discriminator of {Name} has no {property}.");
}
