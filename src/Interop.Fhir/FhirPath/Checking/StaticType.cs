using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Checking;

/// <summary>What is known statically about a collection.</summary>
/// <param name="Types">The types that its items may have; null where nothing is known.</param>
/// <param name="IsCollection">It may have more than one item.</param>
/// <param name="IsUnordered">The order of the items is undefined, as of children() and descendants().</param>
internal sealed record StaticType(IReadOnlyList<FhirTypeInfo>? Types, bool IsCollection, bool IsUnordered = false)
{
    public static readonly StaticType Unknown = new(null, IsCollection: true);

    public static readonly StaticType Boolean = Single(SystemTypes.Boolean);

    public static readonly StaticType Integer = Single(SystemTypes.Integer);

    public static readonly StaticType Text = Single(SystemTypes.String);

    public static StaticType Single(FhirTypeInfo type) => new([type], IsCollection: false);

    public StaticType AsItem() => this with { IsCollection = false, IsUnordered = false };

    public StaticType AsCollection() => this with { IsCollection = true };

    public static StaticType Union(StaticType left, StaticType right) =>
        new(
            left.Types is null || right.Types is null ? null : [.. left.Types.Union(right.Types)],
            IsCollection: true,
            left.IsUnordered || right.IsUnordered
        );

    /// <summary>The kind that every item has, as far as is known; null where types differ or are not known.</summary>
    public NodeKind? Kind
    {
        get
        {
            if (Types is not { Count: > 0 })
                return null;
            var kind = Types[0].Kind;
            return Types.All(type => type.Kind == kind) ? kind : null;
        }
    }

    public override string ToString() =>
        Types is null ? "something" : string.Join(" or ", Types.Select(type => type.IsSystem ? type.ToString() : type.Name));
}
