using System.Collections.Immutable;

namespace Interop.Fhir.Schema;

/// <summary>What a type is; <see cref="Backbone"/> is the unnamed type of an element with children, such as Patient.contact.</summary>
public enum TypeKind
{
    /// <summary>A primitive type, such as code.</summary>
    Primitive,

    /// <summary>A data type with elements, such as HumanName.</summary>
    Complex,

    /// <summary>A constraint on another data type, such as SimpleQuantity.</summary>
    Constrained,

    /// <summary>The unnamed type of an element with children, such as Patient.contact.</summary>
    Backbone,

    /// <summary>A resource type.</summary>
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

    /// <summary>The name, such as Patient, HumanName or Patient.contact.</summary>
    public string Name { get; }

    /// <summary>What the type is.</summary>
    public TypeKind Kind { get; }

    /// <summary>Whether no instance can have exactly this type: Element, Resource, DomainResource.</summary>
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

    /// <summary>Whether this is a primitive type.</summary>
    public bool IsPrimitive => Kind == TypeKind.Primitive;

    /// <summary>Whether this is a resource type.</summary>
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

    /// <inheritdoc/>
    public override string ToString() => Name;
}
