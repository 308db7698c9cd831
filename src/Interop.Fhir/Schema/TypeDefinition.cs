using System.Collections.Immutable;

namespace Interop.Fhir.Schema;

/// <summary>What a type is; <see cref="Backbone"/> is the unnamed type of an element with children, such as Patient.contact.</summary>
public enum TypeKind
{
    Primitive,
    Complex,
    Constrained,
    Backbone,
    Resource,
}

/// <summary>
/// One R4 resource or data type: its elements in the order of the specification, the inherited ones first
/// (StructureDefinition.snapshot, https://hl7.org/fhir/R4/structuredefinition.html). A backbone type is named after its place,
/// Patient.contact.
/// </summary>
public sealed class TypeDefinition
{
    private PropertyTable? _properties;

    internal TypeDefinition(
        string name,
        TypeKind kind,
        bool isAbstract,
        TypeDefinition? baseType,
        string? regex,
        ImmutableArray<Invariant> ownInvariants
    )
    {
        Name = name;
        Kind = kind;
        IsAbstract = isAbstract;
        BaseType = baseType;
        Regex = regex;
        Invariants = baseType is null ? ownInvariants : baseType.Invariants.AddRange(ownInvariants);
        Primitive = kind == TypeKind.Primitive ? Enum.Parse<PrimitiveKind>(name, ignoreCase: true) : PrimitiveKind.None;
    }

    public string Name { get; }

    public TypeKind Kind { get; }

    public bool IsAbstract { get; }

    /// <summary>The type this one specializes or constrains; null for Element and Resource.</summary>
    public TypeDefinition? BaseType { get; }

    /// <summary>The element definitions, inherited ones included; never an element for resourceType.</summary>
    public ImmutableArray<ElementDefinition> Elements { get; internal set; } = [];

    /// <summary>The invariants every instance must hold, inherited ones first (dom-*, then the type's own).</summary>
    public ImmutableArray<Invariant> Invariants { get; }

    /// <summary>The specification's XML Schema expression of a primitive's value. In it <c>\s</c> means space, tab, CR and LF
    /// only.</summary>
    public string? Regex { get; }

    /// <summary>Which primitive this is; <see cref="PrimitiveKind.None"/> for every other type.</summary>
    public PrimitiveKind Primitive { get; }

    public bool IsPrimitive => Kind == TypeKind.Primitive;

    public bool IsResource => Kind == TypeKind.Resource;

    /// <summary>The properties this type has in JSON, made when the type is first met.</summary>
    internal PropertyTable Properties => _properties ??= new PropertyTable(this);

    /// <summary>The element of this name (a choice is named without [x]: value), or null.</summary>
    public ElementDefinition? FindElement(string name)
    {
        foreach (var element in Elements)
        {
            if (element.Name == name)
                return element;
        }

        return null;
    }

    /// <summary>Whether this type is the other one or specializes it.</summary>
    public bool IsA(TypeDefinition other) => ReferenceEquals(this, other) || (BaseType?.IsA(other) ?? false);

    public override string ToString() => Name;
}
