using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;

namespace Interop.Fhir.FhirPath.Types;

/// <summary>
/// A model without definitions: types of elements are read off the JSON (its kind of value, the suffix of a choice, resourceType). It
/// knows the names of the data types; it cannot tell a code from a string, and takes every element to be possible.
/// </summary>
public sealed class InferredTypeModel : IFhirTypeModel
{
    /// <summary>Names of resources come from data: beyond this many, one instance serves the rest.</summary>
    private const int MaximumResourceTypes = 1000;

    private static readonly string[] Complex =
    [
        "Address", "Annotation", "Attachment", "BackboneElement", "CodeableConcept", "Coding", "ContactDetail", "ContactPoint", "Contributor",
        "DataRequirement", "Dosage", "Expression", "Extension", "HumanName", "Identifier", "Meta", "Narrative", "ParameterDefinition", "Period",
        "Range", "Ratio", "Reference", "RelatedArtifact", "SampledData", "Signature", "Timing", "TriggerDefinition", "UsageContext",
    ];

    private static readonly FhirTypeInfo ElementType = new("Element", null, NodeKind.None, null);
    private static readonly FhirTypeInfo ResourceType = new("Resource", null, NodeKind.None, null);
    private static readonly FhirTypeInfo DomainResourceType = new("DomainResource", ResourceType, NodeKind.None, null);
    private static readonly FrozenDictionary<string, FhirTypeInfo> Known = Create();

    private readonly ConcurrentDictionary<string, FhirTypeInfo> _resources = new(StringComparer.Ordinal);

    public static InferredTypeModel Instance { get; } = new();

    /// <summary>The type of an object that does not say what it is.</summary>
    internal static FhirTypeInfo Untyped => ElementType;

    public FhirTypeInfo? FindType(string name)
    {
        if (Known.TryGetValue(name, out FhirTypeInfo? known))
            return known;
        if (name.Length == 0 || !char.IsAsciiLetterUpper(name[0]) || SystemTypes.Find(name) is not null)
            return null;
        if (_resources.Count >= MaximumResourceTypes)
            return DomainResourceType;
        return _resources.GetOrAdd(name, static n => new FhirTypeInfo(n, DomainResourceType, NodeKind.None, null));
    }

    /// <summary>The data type that the suffix of a choice names: Quantity, DateTime; null for another word.</summary>
    internal static FhirTypeInfo? FindSuffix(ReadOnlySpan<char> suffix)
    {
        if (Known.TryGetValue(suffix.ToString(), out FhirTypeInfo? complex))
            return complex;
        return Known.GetValueOrDefault($"{char.ToLowerInvariant(suffix[0])}{suffix[1..]}");
    }

    internal static FhirTypeInfo Infer(IFhirTypeModel model, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => Known["boolean"],
        JsonValueKind.Number => json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? Known["decimal"] : Known["integer"],
        JsonValueKind.String => Known["string"],
        JsonValueKind.Object => Navigation.ResourceType(model, json) ?? ElementType,
        _ => ElementType,
    };

    private static FrozenDictionary<string, FhirTypeInfo> Create()
    {
        var types = new Dictionary<string, FhirTypeInfo>(StringComparer.Ordinal)
        {
            ["Element"] = ElementType,
            ["Resource"] = ResourceType,
            ["DomainResource"] = DomainResourceType,
        };
        void Add(string name, string baseName, NodeKind kind) => types[name] = new FhirTypeInfo(name, types[baseName], kind, kind is NodeKind.None or NodeKind.String or NodeKind.Quantity ? null : () => []);
        Add("boolean", "Element", NodeKind.Boolean);
        Add("integer", "Element", NodeKind.Integer);
        Add("positiveInt", "integer", NodeKind.Integer);
        Add("unsignedInt", "integer", NodeKind.Integer);
        Add("decimal", "Element", NodeKind.Decimal);
        Add("date", "Element", NodeKind.Date);
        Add("dateTime", "Element", NodeKind.DateTime);
        Add("instant", "Element", NodeKind.DateTime);
        Add("time", "Element", NodeKind.Time);
        Add("string", "Element", NodeKind.String);
        foreach (string name in (string[])["code", "id", "markdown"])
            Add(name, "string", NodeKind.String);
        Add("uri", "Element", NodeKind.String);
        foreach (string name in (string[])["url", "canonical", "oid", "uuid"])
            Add(name, "uri", NodeKind.String);
        Add("base64Binary", "Element", NodeKind.String);
        Add("xhtml", "Element", NodeKind.String);
        Add("Quantity", "Element", NodeKind.Quantity);
        foreach (string name in (string[])["Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"])
            Add(name, "Quantity", NodeKind.Quantity);
        Add("Money", "Element", NodeKind.None);
        foreach (string name in Complex)
            Add(name, "Element", NodeKind.None);
        return types.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
