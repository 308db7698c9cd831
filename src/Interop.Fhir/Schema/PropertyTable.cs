namespace Interop.Fhir.Schema;

/// <summary>
/// The JSON properties of one type: each element under its name, a choice once per type (valueQuantity), and beside each primitive the
/// companion with the underscore that carries its id and extensions (https://hl7.org/fhir/R4/json.html#primitive).
/// </summary>
internal sealed class PropertyTable
{
    private readonly Utf8Table<Property> _byName;

    public PropertyTable(TypeDefinition type)
    {
        var properties = new List<KeyValuePair<string, Property>>();
        if (type.IsResource)
            properties.Add(KeyValuePair.Create(Property.ResourceType.Name, Property.ResourceType));
        foreach (var element in type.Elements)
        {
            for (var i = 0; i < element.Types.Length; i++)
            {
                var elementType = element.Types[i];
                var name = element.IsChoice
                    ? element.Name + char.ToUpperInvariant(elementType.Code[0]) + elementType.Code[1..]
                    : element.Name;
                properties.Add(KeyValuePair.Create(name, new Property(name, element, elementType, i, IsCompanion: false)));
                if (elementType.Type.IsPrimitive)
                    properties.Add(KeyValuePair.Create("_" + name, new Property("_" + name, element, elementType, i, IsCompanion: true)));
            }
        }

        _byName = new Utf8Table<Property>(properties);
    }

    public Property? Find(ReadOnlySpan<byte> name) => _byName.Find(name);
}

/// <summary>A JSON property of a type: which element it is, and for a choice as which of its types.</summary>
internal sealed record Property(string Name, ElementDefinition Element, ElementType Type, int TypeIndex, bool IsCompanion)
{
    /// <summary>The property resourceType. It is not an element, and no type's list of elements contains it.</summary>
    public static readonly Property ResourceType = new("resourceType", null!, null!, 0, IsCompanion: false);
}
