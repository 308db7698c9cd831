using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>A compiled expression. Immutable except for caches that any thread may refresh, so all threads can share one
/// compilation.</summary>
internal abstract class Operation
{
    /// <summary>Position in the expression, for error messages.</summary>
    public int Position { get; init; } = -1;

    /// <summary>Leaves the resulting collection on the stack.</summary>
    public abstract void Evaluate(Evaluation e);

    /// <summary>
    /// The result as a condition, null for empty: one item that is no boolean counts as true (FHIRPath 2.0, 4.5, singleton evaluation of
    /// collections); several are an error.
    /// </summary>
    public virtual bool? Test(Evaluation e)
    {
        var mark = e.Top;
        Evaluate(e);
        var count = e.Top - mark;
        if (count == 0)
            return null;
        if (count > 1)
            throw FhirPathException.Execution($"expected one item but found {count}", Position);
        bool? result = e[mark].HasNoValue ? null : e[mark].Kind != Types.NodeKind.Boolean || e[mark].AsBoolean();
        e.Cut(mark);
        return result;
    }

    /// <summary>As <see cref="Test(Evaluation)"/>, with an item of a collection as $this. The caller restores the scope.</summary>
    public virtual bool? TestItem(Evaluation e, int at, int index, in Evaluation.Scope outer)
    {
        e.SetItem(at, index, outer);
        return Test(e);
    }

    /// <summary>The result where it is one item, false where it is empty; several are an error.</summary>
    public bool TryEvaluateSingle(Evaluation e, out FhirPathNode node)
    {
        var mark = e.Top;
        Evaluate(e);
        var count = e.Top - mark;
        if (count > 1)
            throw FhirPathException.Execution($"expected one item but found {count}", Position);
        node = count == 1 ? e[mark] : default;
        e.Cut(mark);
        return count == 1;
    }

    /// <summary>As <see cref="TryEvaluateSingle"/>; false also where the item is a primitive with extensions only.</summary>
    public bool TryEvaluateValue(Evaluation e, out FhirPathNode node) => TryEvaluateSingle(e, out node) && !node.HasNoValue;

    /// <summary>The result as an array of its own.</summary>
    public FhirPathNode[] ToArray(Evaluation e)
    {
        var mark = e.Top;
        Evaluate(e);
        var items = e.From(mark).ToArray();
        e.Cut(mark);
        return items;
    }
}

/// <summary>An operation whose result is a truth value, or empty.</summary>
internal abstract class ConditionOperation : Operation
{
    public abstract override bool? Test(Evaluation e);

    public sealed override void Evaluate(Evaluation e)
    {
        if (Test(e) is { } value)
            e.Push(FhirPathNode.FromBoolean(value));
    }
}

/// <summary>An operand or argument that calls defineVariable(): its variables are not visible outside of it (FHIRPath 3.0,
/// 5.9.3).</summary>
internal sealed class ScopedOperation(Operation inner) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        var outer = e.Variables;
        inner.Evaluate(e);
        e.Variables = outer;
    }

    public override bool? Test(Evaluation e)
    {
        var outer = e.Variables;
        var result = inner.Test(e);
        e.Variables = outer;
        return result;
    }
}

internal sealed class LiteralOperation(FhirPathNode value) : Operation
{
    public FhirPathNode Value { get; } = value;

    public override void Evaluate(Evaluation e) => e.Push(Value);
}

internal sealed class EmptyOperation : Operation
{
    public override void Evaluate(Evaluation e) { }
}

internal sealed class ThisOperation : Operation
{
    public override void Evaluate(Evaluation e)
    {
        if (e.HasThis)
            e.Push(e.This);
    }
}

internal sealed class IndexOperation : Operation
{
    public override void Evaluate(Evaluation e) => e.Push(FhirPathNode.FromInteger(e.Index));
}

internal sealed class TotalOperation : Operation
{
    public override void Evaluate(Evaluation e)
    {
        foreach (ref readonly var node in e.Total.AsSpan())
            e.Push(node);
    }
}

/// <summary>collection[index].</summary>
internal sealed class IndexerOperation(Operation source, Operation index) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        var mark = e.Top;
        source.Evaluate(e);
        var count = e.Top - mark;
        if (count == 0)
            return;
        if (!index.TryEvaluateValue(e, out var node))
        {
            e.Cut(mark);
            return;
        }
        if (!node.TryGetInteger(out var at))
            throw FhirPathException.Execution("an index must be an integer", Position);
        if (at < 0 || at >= count)
        {
            e.Cut(mark);
            return;
        }
        e[mark] = e[mark + (int)at];
        e.Cut(mark + 1);
    }
}
