using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Nodes;

/// <summary>The order of two items (FHIRPath 2.0, 6.2).</summary>
internal static class NodeComparison
{
    /// <summary>Less than zero, zero, or greater; null when the order is unknown. Throws when items of these types have no order.</summary>
    public static int? Compare(in FhirPathNode left, in FhirPathNode right, int position)
    {
        NodeKind a = left.Kind,
            b = right.Kind;
        if (a == NodeKind.String && b == NodeKind.String)
            return string.CompareOrdinal(left.AsText(), right.AsText());
        if (NodeEquality.IsNumber(a) && NodeEquality.IsNumber(b))
            return left.TryGetDecimal(out var x) && right.TryGetDecimal(out var y) ? x.CompareTo(y) : null;
        if (
            (NodeEquality.IsTemporal(a) || NodeEquality.IsTemporal(b))
            && NodeEquality.TryGetTemporals(left, right, out var s, out var t)
            && (s.Kind == TemporalKind.Time) == (t.Kind == TemporalKind.Time)
        )
            return Temporal.Compare(s, t);
        if (
            (a == NodeKind.Quantity || b == NodeKind.Quantity)
            && NodeEquality.AsQuantity(left) is { } p
            && NodeEquality.AsQuantity(right) is { } q
        )
            return Quantity.Compare(p, q);
        // A primitive without a value has no order; the result is empty and not an error.
        if ((a == NodeKind.None && left.Type.IsPrimitive) || (b == NodeKind.None && right.Type.IsPrimitive))
            return null;
        throw FhirPathException.Execution($"{left.Type} and {right.Type} have no order", position);
    }
}
