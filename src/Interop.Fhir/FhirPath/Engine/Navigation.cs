using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Json;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>How to read one element of one type: which JSON properties, and the type of the result.</summary>
internal sealed class Navigation
{
    private enum Means
    {
        /// <summary>The type has no such element.</summary>
        Nothing,
        Property,
        Choice,

        /// <summary>An element of FHIRPath's own Quantity or TypeInfo.</summary>
        Computed,
    }

    private readonly Means _means;
    private readonly string _name;
    private readonly FhirTypeInfo _type;
    private readonly bool _hasCompanion;
    private readonly bool _isAbstract;
    private readonly Alternative[] _alternatives;

    private sealed record Alternative(byte[] Utf8, byte[] CompanionUtf8, FhirTypeInfo Type);

    private Navigation(FhirTypeInfo parent, Means means, string name, FhirTypeInfo? type = null, Alternative[]? alternatives = null)
    {
        Parent = parent;
        _means = means;
        _name = name;
        _type = type ?? SystemTypes.Any;
        _alternatives = alternatives ?? [];
        _hasCompanion = _type.IsPrimitive;
        _isAbstract = _type.IsAbstractResource;
    }

    public FhirTypeInfo Parent { get; }

    /// <summary>Whether every item that this step gives has exactly this type.</summary>
    public bool IsExactly(FhirTypeInfo type) =>
        _means switch
        {
            Means.Nothing => true,
            Means.Property => ReferenceEquals(_type, type) && !_isAbstract,
            Means.Choice => _alternatives.Length == 1 && ReferenceEquals(_alternatives[0].Type, type),
            _ => false,
        };

    public static Navigation Create(FhirTypeInfo parent, string name, FhirTypeInfo? only)
    {
        if (parent.IsSystem)
            return new Navigation(parent, Means.Computed, name);
        var element = parent.FindElement(name);
        if (element is null)
            return new Navigation(parent, Means.Nothing, name);
        if (!element.IsChoice)
            return new Navigation(parent, Means.Property, name, element.Types[0]);
        IEnumerable<FhirTypeInfo> types = element.Types;
        if (only is not null && element.Types.Contains(only))
            types = [only];
        return new Navigation(parent, Means.Choice, name, alternatives: [.. types.Select(type => Suffixed(name, type))]);
    }

    private static Alternative Suffixed(string name, FhirTypeInfo type)
    {
        var property = $"{name}{char.ToUpperInvariant(type.Name[0])}{type.Name.AsSpan(1)}";
        return new Alternative(FhirPathNode.Utf8(property), FhirPathNode.Utf8("_" + property), type);
    }

    public void Push(Evaluation e, in FhirPathNode parent, ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> companionUtf8)
    {
        var json = parent.Json;
        if (json.ValueKind != JsonValueKind.Object)
        {
            if (_means == Means.Computed)
                PushComputed(e, parent);
            json = parent.Companion;
            if (json.ValueKind != JsonValueKind.Object)
                return;
        }
        switch (_means)
        {
            case Means.Property:
                var found = json.TryGetProperty(utf8, out var value);
                if (_hasCompanion && json.TryGetProperty(companionUtf8, out var companion))
                    PushValue(e, value, companion, _type, _isAbstract);
                else if (found)
                    PushPlain(e, value, _type, _isAbstract);
                break;
            case Means.Choice:
                PushChoice(e, json, utf8);
                break;
        }
    }

    private void PushChoice(Evaluation e, JsonElement json, ReadOnlySpan<byte> prefix)
    {
        if (_alternatives.Length <= 2)
        {
            foreach (var alternative in _alternatives)
                PushAlternative(e, json, alternative);
            return;
        }
        // Extension.value[x] has fifty alternatives and the object two properties: enumerating the properties is cheaper.
        Alternative? last = null;
        foreach (var property in json.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            if (name.Length > 1 && name[0] == '_')
                name = name[1..];
            if (name.Length <= prefix.Length || !name.StartsWith(prefix))
                continue;
            foreach (var alternative in _alternatives)
            {
                if (!ReferenceEquals(alternative, last) && name.SequenceEqual(alternative.Utf8))
                {
                    PushAlternative(e, json, alternative);
                    last = alternative;
                    break;
                }
            }
        }
    }

    private static void PushAlternative(Evaluation e, JsonElement json, Alternative alternative)
    {
        var found = json.TryGetProperty(alternative.Utf8, out var value);
        if (alternative.Type.IsPrimitive && json.TryGetProperty(alternative.CompanionUtf8, out var companion))
            PushValue(e, value, companion, alternative.Type, isAbstract: false);
        else if (found)
            PushPlain(e, value, alternative.Type, isAbstract: false);
    }

    /// <summary>A value, or an array of them, without companions.</summary>
    private static void PushPlain(Evaluation e, JsonElement value, FhirTypeInfo type, bool isAbstract)
    {
        var kind = value.ValueKind;
        if (kind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                PushPlainItem(e, item, item.ValueKind, type, isAbstract);
        }
        else
        {
            PushPlainItem(e, value, kind, type, isAbstract);
        }
    }

    private static void PushPlainItem(Evaluation e, JsonElement value, JsonValueKind kind, FhirTypeInfo type, bool isAbstract)
    {
        if (kind is JsonValueKind.Null or JsonValueKind.Undefined)
            return;
        if (isAbstract && kind == JsonValueKind.Object)
            type = ResourceType(e.Model, value) ?? type;
        e.Push(FhirPathNode.FromPlainJson(value, kind, type));
    }

    public static void PushValue(Evaluation e, JsonElement value, JsonElement companion, FhirTypeInfo type, bool isAbstract)
    {
        if (value.ValueKind != JsonValueKind.Array && companion.ValueKind != JsonValueKind.Array)
        {
            PushItem(e, value, companion, type, isAbstract);
            return;
        }
        var count = value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() : 0;
        if (companion.ValueKind != JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                PushItem(e, item, default, type, isAbstract);
            return;
        }
        var companions = companion.GetArrayLength();
        for (var i = 0; i < Math.Max(count, companions); i++)
            PushItem(e, i < count ? value[i] : default, i < companions ? companion[i] : default, type, isAbstract);
    }

    private static void PushItem(Evaluation e, JsonElement value, JsonElement companion, FhirTypeInfo type, bool isAbstract)
    {
        if (isAbstract && value.ValueKind == JsonValueKind.Object)
            type = ResourceType(e.Model, value) ?? type;
        if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) || companion.ValueKind == JsonValueKind.Object)
            e.Push(FhirPathNode.FromJson(value, companion, type));
    }

    private void PushComputed(Evaluation e, in FhirPathNode parent)
    {
        if (parent.TypeValue is { } type)
        {
            if (_name is "namespace" or "name")
                e.Push(FhirPathNode.FromString(_name == "name" ? type.Name : type.Namespace));
        }
        else if (parent.TryGetQuantity(out var quantity))
        {
            if (_name == "value")
                e.Push(FhirPathNode.FromDecimal(quantity.Value));
            else if (_name is "unit" or "code")
                e.Push(FhirPathNode.FromString(quantity.Unit));
        }
    }

    /// <summary>The type that the resource's <c>resourceType</c> names.</summary>
    public static FhirTypeInfo? ResourceType(IFhirTypeModel model, JsonElement json) =>
        TryGetResourceType(json, out var name) ? model.FindType(name.GetString()!) : null;

    /// <summary>The name of a resource's type, if that is a text. It mostly is the first property, while a look-up begins at the
    /// last.</summary>
    public static bool TryGetResourceType(JsonElement json, out JsonElement name)
    {
        name = default;
        try
        {
            foreach (var property in json.EnumerateObject())
            {
                if (property.NameEquals("resourceType"u8))
                {
                    name = property.Value;
                    return name.ValueKind == JsonValueKind.String && LoneSurrogate.IsText(name);
                }
                break;
            }
            return json.TryGetProperty("resourceType"u8, out name) && name.ValueKind == JsonValueKind.String && LoneSurrogate.IsText(name);
        }
        catch (InvalidOperationException e) when (LoneSurrogate.IsCause(e))
        {
            return false;
        }
    }
}
