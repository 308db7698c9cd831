using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>= and != of collections.</summary>
internal sealed class EqualOperation(Operation left, Operation right, bool negate) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        var mark = e.Top;
        left.Evaluate(e);
        var middle = e.Top;
        right.Evaluate(e);
        e.Charge(e.Top - middle);
        var hasNoValue = (middle - mark == 1 && e[mark].HasNoValue) || (e.Top - middle == 1 && e[middle].HasNoValue);
        var equal = hasNoValue ? null : NodeEquality.AreEqual(e.Between(mark, middle), e.From(middle));
        e.Cut(mark);
        return equal is null ? null : equal != negate;
    }
}

/// <summary>path = 'literal', without decoding what the path finds.</summary>
internal sealed class EqualsTextOperation(Operation path, string text, bool negate) : ConditionOperation
{
    private readonly byte[] _utf8 = FhirPathNode.Utf8(text);

    /// <summary>Set where the path is one step from $this, as in where(use = 'official'): then the item is read without setting
    /// $this.</summary>
    private readonly MemberOperation? _step = path is MemberOperation { Source: ThisOperation } step ? step : null;

    public override bool? Test(Evaluation e)
    {
        var mark = e.Top;
        path.Evaluate(e);
        return Compare(e, mark);
    }

    public override bool? TestItem(Evaluation e, int at, int index, in Evaluation.Scope outer)
    {
        if (_step is null)
            return base.TestItem(e, at, index, outer);
        var mark = e.Top;
        _step.PushChildren(e, e[at]);
        return Compare(e, mark);
    }

    private bool? Compare(Evaluation e, int mark)
    {
        var count = e.Top - mark;
        if (count == 0)
            return null;
        if (count == 1 && e[mark].HasNoValue)
        {
            e.Cut(mark);
            return null;
        }
        var equal = count == 1 && e[mark].Kind == NodeKind.String && e[mark].TextEquals(text, _utf8);
        e.Cut(mark);
        return equal != negate;
    }
}

/// <summary>~ and !~.</summary>
internal sealed class EquivalentOperation(Operation left, Operation right, bool negate) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        var mark = e.Top;
        left.Evaluate(e);
        var middle = e.Top;
        right.Evaluate(e);
        e.Charge((long)(middle - mark) * (e.Top - middle));
        var equivalent = NodeEquality.AreEquivalent(e.Between(mark, middle), e.From(middle));
        e.Cut(mark);
        return equivalent != negate;
    }
}

/// <summary>&lt;, &lt;=, &gt;, &gt;=.</summary>
internal sealed class OrderOperation(Operation left, Operation right, string symbol) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        if (!left.TryEvaluateSingle(e, out var a) || !right.TryEvaluateSingle(e, out var b))
            return null;
        return NodeComparison.Compare(a, b, Position) is not { } order
            ? null
            : symbol switch
            {
                "<" => order < 0,
                "<=" => order <= 0,
                ">" => order > 0,
                _ => order >= 0,
            };
    }
}

/// <summary>item in collection, and collection contains item.</summary>
internal sealed class MembershipOperation(Operation item, Operation collection) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        if (!item.TryEvaluateValue(e, out var sought))
            return null;
        var mark = e.Top;
        collection.Evaluate(e);
        var found = e.Contains(e.From(mark), sought);
        e.Cut(mark);
        return found;
    }
}

/// <summary>and, or, xor, implies with three-valued logic (FHIRPath 2.0, 6.5). The right side is not evaluated where the left side
/// decides.</summary>
internal sealed class LogicOperation(Operation left, Operation right, string word) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        e.Step();
        var a = left.Test(e);
        switch (word)
        {
            case "and":
                if (a == false)
                    return false;
                return right.Test(e) is not { } both ? null
                    : both ? a
                    : false;
            case "or":
                if (a == true)
                    return true;
                return right.Test(e) is not { } either ? null
                    : either ? true
                    : a;
            case "implies":
                if (a == false)
                    return true;
                return right.Test(e) is not { } implied ? null
                    : implied ? true
                    : a is null ? null
                    : false;
            default:
                var b = right.Test(e);
                return a is null || b is null ? null : a != b;
        }
    }
}

/// <summary>
/// resolve() is T. Where the reference resolves to no resource, the type that the reference names decides (Reference.type, or Patient/1):
/// the search parameters of R4 ask so (<c>where(resolve() is Patient)</c>).
/// </summary>
internal sealed class ResolvesToOperation(Operation source, Operation resolved, TypeTest type) : ConditionOperation
{
    public override bool? Test(Evaluation e)
    {
        if (resolved.TryEvaluateSingle(e, out var found))
            return type.Is(found.Type);
        return source.TryEvaluateSingle(e, out var reference) && ReferenceTarget.TypeOf(e.Model, reference) is { } target
            ? type.Is(target)
            : null;
    }
}

internal sealed class IsOperation(Operation operand, TypeTest type) : ConditionOperation
{
    public override bool? Test(Evaluation e) => operand.TryEvaluateSingle(e, out var node) ? type.Is(node.Type) : null;
}
