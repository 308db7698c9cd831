using System.Collections.Immutable;

namespace Interop.Fhir.Schema;

/// <summary>One element of a type (https://hl7.org/fhir/R4/elementdefinition.html), with the facts that instances must follow.</summary>
public sealed class ElementDefinition
{
    /// <summary>The maximum of an element that may repeat without end.</summary>
    public const int Unbounded = int.MaxValue;

    internal ElementDefinition(string name, string path, int index)
    {
        IsChoice = name.EndsWith("[x]", StringComparison.Ordinal);
        Name = IsChoice ? name[..^3] : name;
        Path = path;
        Index = index;
    }

    /// <summary>The name without [x]: value.</summary>
    public string Name { get; }

    /// <summary>The place of definition: Observation.value[x]; an inherited element keeps that of the base type.</summary>
    public string Path { get; }

    /// <summary>The position among <see cref="TypeDefinition.Elements"/>, the same in every type that inherits the element.</summary>
    public int Index { get; }

    /// <summary>Whether the JSON property's name carries the type: valueQuantity.</summary>
    public bool IsChoice { get; }

    /// <summary>The smallest number of values: 0 or more.</summary>
    public int Min { get; internal init; }

    /// <summary>0 where a constrained type forbids the element, <see cref="Unbounded"/> for *.</summary>
    public int Max { get; internal init; }

    /// <summary>Whether the element is an array in JSON.</summary>
    public bool Repeats => Max > 1;

    /// <summary>Whether the element changes the meaning of the resource (isModifier).</summary>
    public bool IsModifier { get; internal init; }

    /// <summary>Whether the element belongs to the summary (isSummary).</summary>
    public bool IsSummary { get; internal init; }

    /// <summary>One, or several for a choice. The type of a content reference is that of the element referred to.</summary>
    public ImmutableArray<ElementType> Types { get; internal set; } = [];

    /// <summary>The element whose children this one has, Questionnaire.item for Questionnaire.item.item; else null.</summary>
    public string? ContentReference { get; internal set; }

    /// <summary>The value set of a required binding; weaker bindings are no rule and not kept.</summary>
    public RequiredValueSet? RequiredBinding { get; internal init; }

    /// <summary>The invariants defined on the element itself; those of its type are with the type.</summary>
    public ImmutableArray<Invariant> Invariants { get; internal init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Path;
}

/// <summary>One type that an element may have.</summary>
public sealed class ElementType
{
    internal ElementType(string code, TypeDefinition type, ImmutableArray<string> targets)
    {
        Code = code;
        Type = type;
        Targets = targets;
    }

    /// <summary>The type's code, which a choice's property name ends with: Quantity, also where the type is SimpleQuantity.</summary>
    public string Code { get; }

    /// <summary>The definition of the instances: a constrained type where the element asks for one, the children of a backbone
    /// element.</summary>
    public TypeDefinition Type { get; }

    /// <summary>The resource types that a Reference or canonical may point to; empty means any. A canonical of a profile stays as it
    /// is.</summary>
    public ImmutableArray<string> Targets { get; }

    /// <inheritdoc/>
    public override string ToString() => Code;
}
