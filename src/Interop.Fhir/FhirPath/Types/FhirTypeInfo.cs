using System.Collections.Frozen;

namespace Interop.Fhir.FhirPath.Types;

/// <summary>
/// A type as FHIRPath sees it. Compared by reference: one model gives one instance per type. Its elements are loaded on first use, so types
/// may refer to each other.
/// </summary>
public sealed class FhirTypeInfo
{
    private readonly Lazy<FrozenDictionary<string, FhirElementInfo>> _elements;

    /// <param name="name">The name without namespace.</param>
    /// <param name="baseType">What it derives from.</param>
    /// <param name="kind">How the value of a primitive behaves; <see cref="NodeKind.None"/> for a complex type.</param>
    /// <param name="elements">Gives its own and inherited elements.</param>
    public FhirTypeInfo(string name, FhirTypeInfo? baseType, NodeKind kind, Func<IEnumerable<FhirElementInfo>> elements)
        : this("FHIR", name, baseType, kind, elements) { }

    internal FhirTypeInfo(
        string @namespace,
        string name,
        FhirTypeInfo? baseType,
        NodeKind kind,
        Func<IEnumerable<FhirElementInfo>> elements
    )
    {
        Namespace = @namespace;
        Name = name;
        Base = baseType;
        Kind = kind;
        IsPrimitive = kind is not (NodeKind.None or NodeKind.Quantity);
        IsResource = name is "Resource" || baseType is { IsResource: true };
        IsAbstractResource = name is "Resource" or "DomainResource";
        _elements = new(() => elements().ToFrozenDictionary(e => e.Name, StringComparer.Ordinal));
    }

    /// <summary>FHIR or System.</summary>
    public string Namespace { get; }

    /// <summary>
    /// The name without namespace: <c>Patient</c>, <c>Integer</c>. A nested element's type has its path: <c>Patient.contact</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>The type that this one derives from; null for a root.</summary>
    public FhirTypeInfo? Base { get; }

    /// <summary>How the value of a primitive behaves in operators; <see cref="NodeKind.None"/> for a complex type.</summary>
    public NodeKind Kind { get; }

    /// <summary>Whether this is a resource type.</summary>
    public bool IsResource { get; }

    /// <summary>Resource or DomainResource: the instance's <c>resourceType</c> names its actual type.</summary>
    internal bool IsAbstractResource { get; }

    /// <summary>Whether this is a primitive type of FHIR or a simple type of System.</summary>
    public bool IsPrimitive { get; }

    /// <summary>Whether this is a type of the namespace System.</summary>
    public bool IsSystem => ReferenceEquals(Namespace, SystemTypes.Namespace);

    /// <summary>Its own and inherited elements.</summary>
    public IEnumerable<FhirElementInfo> Elements => _elements.Value.Values;

    /// <summary>The element of this name (a choice is named without [x]), or null.</summary>
    public FhirElementInfo? FindElement(string name) => _elements.Value.GetValueOrDefault(name);

    /// <summary>Whether this type is the other one, or derives from it.</summary>
    public bool IsSubtypeOf(FhirTypeInfo other)
    {
        for (var type = this; type is not null; type = type.Base)
        {
            if (ReferenceEquals(type, other))
                return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}.{Name}";
}
