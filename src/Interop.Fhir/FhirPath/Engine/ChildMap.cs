using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>The JSON properties of a type's elements, for children().</summary>
internal sealed class ChildMap
{
    private static readonly ConditionalWeakTable<FhirTypeInfo, ChildMap> Maps = [];

    private readonly Property[] _properties;

    private sealed record Property(byte[] Utf8, byte[] CompanionUtf8, FhirTypeInfo Type);

    private ChildMap(FhirTypeInfo type) => _properties = [.. type.Elements.SelectMany(Properties)];

    private static IEnumerable<Property> Properties(FhirElementInfo element) =>
        element.Types.Select(type =>
        {
            var name = element.IsChoice ? $"{element.Name}{char.ToUpperInvariant(type.Name[0])}{type.Name.AsSpan(1)}" : element.Name;
            return new Property(FhirPathNode.Utf8(name), FhirPathNode.Utf8("_" + name), type);
        });

    /// <summary>Pushes the elements of an item, in the order in which they are written.</summary>
    public static void PushChildren(Evaluation e, in FhirPathNode parent)
    {
        var json = parent.Json;
        var type = parent.Type;
        if (json.ValueKind != JsonValueKind.Object)
        {
            json = parent.Companion;
            if (json.ValueKind != JsonValueKind.Object)
                return;
            type = e.Model.FindType("Element") ?? type;
        }
        if (type.IsSystem)
            return;
        var map = Maps.GetValue(type, static t => new ChildMap(t));
        var at = 0;
        foreach (var property in json.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            var isCompanion = name.Length > 1 && name[0] == '_';
            var value = property.Value;
            JsonElement companion = default;
            if (isCompanion)
            {
                name = name[1..];
                // Pushed together with its value.
                if (json.TryGetProperty(name, out _))
                    continue;
                companion = value;
                value = default;
            }
            if (name.SequenceEqual("resourceType"u8))
                continue;
            if (map.Find(name, ref at) is not { } known)
                continue;
            if (!isCompanion && known.Type.IsPrimitive)
                json.TryGetProperty(known.CompanionUtf8, out companion);
            Navigation.PushValue(e, value, companion, known.Type, known.Type.IsAbstractResource);
        }
    }

    /// <summary>Properties mostly come in the order of their definition, so the search continues after the last match.</summary>
    private Property? Find(ReadOnlySpan<byte> name, ref int at)
    {
        for (var i = 0; i < _properties.Length; i++)
        {
            var index = (at + i) % _properties.Length;
            if (name.SequenceEqual(_properties[index].Utf8))
            {
                at = index;
                return _properties[index];
            }
        }
        return null;
    }
}
