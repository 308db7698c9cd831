using System.Collections.Frozen;
using System.Text;
using Interop.Fhir.Schema;

namespace Interop.Fhir.FhirPath.Types;

/// <summary>The types of FHIR R4, as <see cref="R4Schema"/> has them.</summary>
public sealed class R4TypeModel : IFhirTypeModel
{
    private static readonly Lazy<R4TypeModel> Shared = new(() => new R4TypeModel(R4Schema.Default));

    private readonly R4Schema _schema;
    private readonly FrozenDictionary<string, FhirTypeInfo> _types;

    private R4TypeModel(R4Schema schema)
    {
        _schema = schema;
        var types = new Dictionary<string, FhirTypeInfo>(StringComparer.Ordinal);
        FhirTypeInfo Add(TypeDefinition definition)
        {
            if (types.TryGetValue(definition.Name, out var known))
                return known;
            var baseType = definition.BaseType is null ? null : Add(definition.BaseType);
            var type = new FhirTypeInfo(
                definition.Name,
                baseType,
                KindOf(definition, baseType),
                () => definition.Elements.Select(ElementOf)
            );
            types.Add(type.Name, type);
            return type;
        }
        foreach (var definition in schema.Types.Values)
            Add(definition);
        _types = types.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The model of R4. It is immutable.</summary>
    public static R4TypeModel Instance => Shared.Value;

    /// <inheritdoc/>
    public FhirTypeInfo? FindType(string name) => _types.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool? IsMember(string valueSet, string? system, string code)
    {
        if (_schema.FindValueSet(valueSet) is not { } codes)
            return null;
        var utf8 = Encoding.UTF8.GetBytes(code);
        return system is null ? codes.Contains(utf8) : codes.Contains(Encoding.UTF8.GetBytes(system), utf8);
    }

    /// <summary>Paths use the base of a constrained type (Quantity for SimpleQuantity), which is also the name at the end of a choice's
    /// property.</summary>
    private FhirElementInfo ElementOf(ElementDefinition element) =>
        new(
            element.Name,
            [.. element.Types.Select(type => _types[type.Type.Kind == TypeKind.Backbone ? type.Type.Name : type.Code])],
            element.Repeats,
            element.IsChoice
        );

    private static NodeKind KindOf(TypeDefinition definition, FhirTypeInfo? baseType) =>
        definition.Primitive switch
        {
            PrimitiveKind.None => definition.Name == "Quantity" || baseType?.Kind == NodeKind.Quantity ? NodeKind.Quantity : NodeKind.None,
            PrimitiveKind.Boolean => NodeKind.Boolean,
            PrimitiveKind.Integer or PrimitiveKind.PositiveInt or PrimitiveKind.UnsignedInt => NodeKind.Integer,
            PrimitiveKind.Decimal => NodeKind.Decimal,
            PrimitiveKind.Date => NodeKind.Date,
            PrimitiveKind.DateTime or PrimitiveKind.Instant => NodeKind.DateTime,
            PrimitiveKind.Time => NodeKind.Time,
            _ => NodeKind.String,
        };
}
