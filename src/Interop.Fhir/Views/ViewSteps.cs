using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Views;

/// <summary>
/// One step of a view and its continuation. Sibling selects multiply: each step runs the next one once per
/// element found, and the last step writes the row while the values of all columns are still on the evaluation's stack.
/// </summary>
internal abstract class ViewStep
{
    /// <summary>Counts an iteration against the limits of the evaluation.</summary>
    protected static void Charge(Evaluation e, string place)
    {
        try
        {
            e.Step();
        }
        catch (FhirPathException error)
        {
            throw new ViewEvaluationException(place, error.Message, error);
        }
    }

    public abstract void Run(ViewRun run);
}

internal sealed class ColumnsStep(int depth, ColumnPath[] columns, ViewStep next) : ViewStep
{
    public override void Run(ViewRun run)
    {
        var e = run.Focus(depth);
        var mark = e.Top;
        foreach (var column in columns)
        {
            var start = e.Top;
            try
            {
                column.Operation.Evaluate(e);
            }
            catch (FhirPathException error)
            {
                throw new ViewEvaluationException(column.Column.Name, error.Message, error);
            }
            var count = e.Top - start;
            if (count > 1 && !column.Column.IsCollection)
                throw new ViewEvaluationException(column.Column.Name, $"the path gives {count} values, but the column is no collection");
            run.SetCell(column.Index, start, count);
        }
        next.Run(run);
        e.Cut(mark);
    }
}

/// <summary>A column, its index in the row, and the operation that computes its value.</summary>
internal sealed record ColumnPath(ViewColumn Column, int Index, Operation Operation);

internal sealed class ForEachStep(int depth, string place, Operation path, ViewStep next, NoElementStep? orNull) : ViewStep
{
    public override void Run(ViewRun run)
    {
        var e = run.Focus(depth);
        var mark = e.Top;
        try
        {
            path.Evaluate(e);
        }
        catch (FhirPathException error)
        {
            throw new ViewEvaluationException(place, error.Message, error);
        }
        var count = e.Top - mark;
        for (var i = 0; i < count; i++)
        {
            Charge(e, place);
            run.SetFocus(depth + 1, e[mark + i], i);
            next.Run(run);
        }
        if (count == 0)
            orNull?.Run(run);
        e.Cut(mark);
    }
}

/// <summary>
/// A forEachOrNull that finds no element: one row in which every column inside of it is null (SQL on FHIR v2, processing algorithm), except
/// %rowIndex, which is 0.
/// </summary>
internal sealed class NoElementStep(int depth, int[] columns, int[] rowIndexes, ViewStep next) : ViewStep
{
    private static readonly FhirPathNode Zero = FhirPathNode.FromInteger(0);

    public override void Run(ViewRun run)
    {
        var e = run.Focus(depth);
        var mark = e.Top;
        foreach (var column in columns)
            run.SetNull(column);
        foreach (var column in rowIndexes)
        {
            run.SetCell(column, e.Top, 1);
            e.Push(Zero);
        }
        next.Run(run);
        e.Cut(mark);
    }
}

/// <summary>Follows the paths from the focus and again from each element found (depth first).</summary>
internal sealed class RepeatStep(int depth, string place, Operation[] paths, ViewStep next) : ViewStep
{
    public override void Run(ViewRun run)
    {
        var index = 0;
        Visit(run, run.Focus(depth), ref index);
    }

    private void Visit(ViewRun run, Evaluation e, ref int index)
    {
        var focus = e.This;
        var hasFocus = e.HasThis;
        foreach (var path in paths)
        {
            var mark = e.Top;
            e.This = focus;
            e.HasThis = hasFocus;
            try
            {
                e.Enter();
                path.Evaluate(e);
            }
            catch (FhirPathException error)
            {
                throw new ViewEvaluationException(place, error.Message, error);
            }
            var end = e.Top;
            for (var i = mark; i < end; i++)
            {
                Charge(e, place);
                run.SetFocus(depth + 1, e[i], index++);
                next.Run(run);
                e.This = e[i];
                e.HasThis = true;
                Visit(run, e, ref index);
            }
            e.Leave();
            e.Cut(mark);
        }
    }
}

internal sealed class UnionStep(ViewStep[] branches) : ViewStep
{
    public override void Run(ViewRun run)
    {
        foreach (var branch in branches)
            branch.Run(run);
    }
}

internal sealed class RowStep : ViewStep
{
    public override void Run(ViewRun run) => run.WriteRow();
}

/// <summary>A condition of the view's <c>where</c>.</summary>
internal sealed class ViewCondition(string place, Operation path)
{
    public bool Holds(ViewRun run)
    {
        var e = run.Focus(0);
        var mark = e.Top;
        try
        {
            path.Evaluate(e);
        }
        catch (FhirPathException error)
        {
            throw new ViewEvaluationException(place, error.Message, error);
        }
        var count = e.Top - mark;
        if (count > 1 || (count == 1 && e[mark].Kind != NodeKind.Boolean && !e[mark].HasNoValue))
            throw new ViewEvaluationException(place, "the path must give true, false or nothing");
        var holds = count == 1 && e[mark].Kind == NodeKind.Boolean && e[mark].AsBoolean();
        e.Cut(mark);
        return holds;
    }
}

/// <summary>%rowIndex: the position of the element in the iteration around it.</summary>
internal sealed class RowIndexOperation : Operation
{
    public override void Evaluate(Evaluation e) => e.Push(FhirPathNode.FromInteger(e.RowIndex));
}
