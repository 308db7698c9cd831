using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>Existence, subsetting and combining (FHIRPath 2.0, 5.1, 5.3, 5.4).</summary>
internal static class CollectionFunctions
{
    public static void IsEmpty(in Call call) => call.Result(call.Count == 0);

    public static void Not(in Call call)
    {
        if (call.TryValue(out var node))
            call.Result(node.Kind == NodeKind.Boolean && !node.AsBoolean());
    }

    public static void AllTrue(in Call call) => call.Result(!AnyBoolean(call, false));

    public static void AnyTrue(in Call call) => call.Result(AnyBoolean(call, true));

    public static void AllFalse(in Call call) => call.Result(!AnyBoolean(call, true));

    public static void AnyFalse(in Call call) => call.Result(AnyBoolean(call, false));

    private static bool AnyBoolean(in Call call, bool wanted)
    {
        var found = false;
        foreach (ref readonly var node in call.Input)
        {
            if (node.HasNoValue)
                continue;
            if (node.Kind != NodeKind.Boolean)
                throw call.Error($"every item must be a Boolean, not {node.Type}");
            found |= node.AsBoolean() == wanted;
        }
        return found;
    }

    public static void SubsetOf(in Call call)
    {
        var end = call.E.Top;
        call.Arguments[0].Evaluate(call.E);
        call.Result(IsSubset(call.E, call.E.Between(call.Mark, end), call.E.From(end)));
    }

    public static void SupersetOf(in Call call)
    {
        var end = call.E.Top;
        call.Arguments[0].Evaluate(call.E);
        call.Result(IsSubset(call.E, call.E.From(end), call.E.Between(call.Mark, end)));
    }

    private static bool IsSubset(Evaluation e, ReadOnlySpan<FhirPathNode> part, ReadOnlySpan<FhirPathNode> whole)
    {
        foreach (ref readonly var node in part)
        {
            if (!e.Contains(whole, node))
                return false;
        }
        return true;
    }

    public static void Count(in Call call) => call.Result(call.Count);

    public static void Distinct(in Call call) => Collections.RemoveDuplicates(call.E, call.Mark);

    public static void IsDistinct(in Call call) => call.Result(Collections.AreDistinct(call.E, call.Mark));

    public static void Single(in Call call)
    {
        if (call.Count > 1)
            throw call.Error($"expected one item but found {call.Count}");
    }

    public static void First(in Call call)
    {
        if (call.Count > 1)
            call.E.Cut(call.Mark + 1);
    }

    public static void Last(in Call call)
    {
        if (call.Count > 1)
            call.E.Collapse(call.Mark, call.E.Top - 1);
    }

    public static void Tail(in Call call)
    {
        if (call.Count > 0)
            call.E.Collapse(call.Mark, call.Mark + 1);
    }

    public static void Skip(in Call call)
    {
        if (!call.TryIntegerArgument(0, out var number))
            throw call.Error("how many to skip is empty");
        if (number > 0)
            call.E.Collapse(call.Mark, call.Mark + (int)Math.Min(number, call.Count));
    }

    public static void Take(in Call call)
    {
        if (!call.TryIntegerArgument(0, out var number))
            throw call.Error("how many to take is empty");
        call.E.Cut(call.Mark + (int)Math.Clamp(number, 0, call.Count));
    }

    public static void Intersect(in Call call)
    {
        var e = call.E;
        var end = e.Top;
        call.Arguments[0].Evaluate(e);
        var keep = call.Mark;
        for (var i = call.Mark; i < end; i++)
        {
            if (e.Contains(e.From(end), e[i]) && !e.Contains(e.Between(call.Mark, keep), e[i]))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }

    public static void Exclude(in Call call)
    {
        var e = call.E;
        var end = e.Top;
        call.Arguments[0].Evaluate(e);
        var keep = call.Mark;
        for (var i = call.Mark; i < end; i++)
        {
            if (!e.Contains(e.From(end), e[i]))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }

    public static void Combine(in Call call) => call.Arguments[0].Evaluate(call.E);

    public static void Union(in Call call)
    {
        call.Arguments[0].Evaluate(call.E);
        Collections.RemoveDuplicates(call.E, call.Mark);
    }

    /// <summary>sum(), min(), max(), avg() of numbers or quantities (FHIRPath 3.0); min and max also of other types that have an
    /// order.</summary>
    public static void Sum(in Call call) => Fold(call, static (a, b, call) => Add(a, b));

    public static void Min(in Call call) => Fold(call, static (a, b, position) => NodeComparison.Compare(b, a, position) < 0 ? b : a);

    public static void Max(in Call call) => Fold(call, static (a, b, position) => NodeComparison.Compare(b, a, position) > 0 ? b : a);

    public static void Avg(in Call call)
    {
        var count = call.Count;
        Sum(call);
        if (call.Count == 1 && NodeEquality.AsQuantity(call.E[call.Mark]) is { } sum)
        {
            var isQuantity = call.E[call.Mark].Kind == NodeKind.Quantity;
            call.Result(
                isQuantity
                    ? FhirPathNode.FromQuantity(new Quantity(sum.Value / count, sum.Unit, sum.IsCalendar))
                    : FhirPathNode.FromDecimal(sum.Value / count)
            );
        }
    }

    private static void Fold(in Call call, Func<FhirPathNode, FhirPathNode, int, FhirPathNode?> step)
    {
        if (call.Count == 0)
            return;
        FhirPathNode? total = call.E[call.Mark];
        for (var i = call.Mark + 1; i < call.E.Top && total is not null; i++)
            total = step(total.Value, call.E[i], call.Position);
        if (total is { } node)
            call.Result(node);
        else
            call.Empty();
    }

    private static FhirPathNode? Add(in FhirPathNode a, in FhirPathNode b)
    {
        if (a.TryGetInteger(out var i) && b.TryGetInteger(out var j))
            return i + j is >= int.MinValue and <= int.MaxValue ? FhirPathNode.FromInteger(i + j) : null;
        if (a.TryGetDecimal(out var x) && b.TryGetDecimal(out var y))
            return FhirPathNode.FromDecimal(x + y);
        return a.TryGetQuantity(out var p) && b.TryGetQuantity(out var q) && Quantity.Add(p, q, 1) is { } sum
            ? FhirPathNode.FromQuantity(sum)
            : null;
    }
}
