using System.Runtime.ExceptionServices;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>Functions that evaluate an expression for each item, with $this and $index set (FHIRPath 2.0, 5.1, 5.2, 7).</summary>
internal static class FilteringFunctions
{
    public static void Where(in Call call)
    {
        var e = call.E;
        var criterion = call.Arguments[0];
        int end = e.Top,
            keep = call.Mark;
        var scope = e.Save();
        for (var i = call.Mark; i < end; i++)
        {
            if (criterion.TestItem(e, i, i - call.Mark, scope) == true)
                e[keep++] = e[i];
        }
        e.Restore(scope);
        e.Cut(keep);
    }

    public static void Exists(in Call call)
    {
        if (call.Arguments.Length == 0)
            call.Result(call.Count > 0);
        else
            call.Result(Any(call, wanted: true));
    }

    public static void All(in Call call) => call.Result(!Any(call, wanted: false));

    /// <summary>Whether the criterion holds (or, for <paramref name="wanted"/> false, does not hold) for any item.</summary>
    private static bool Any(in Call call, bool wanted)
    {
        var e = call.E;
        var end = e.Top;
        var found = false;
        var scope = e.Save();
        for (var i = call.Mark; i < end && !found; i++)
        {
            found = (call.Arguments[0].TestItem(e, i, i - call.Mark, scope) == true) == wanted;
        }
        e.Restore(scope);
        return found;
    }

    public static void Select(in Call call)
    {
        var e = call.E;
        var end = e.Top;
        var scope = e.Save();
        for (var i = call.Mark; i < end; i++)
        {
            e.SetItem(i, i - call.Mark, scope);
            call.Arguments[0].Evaluate(e);
        }
        e.Restore(scope);
        e.Collapse(call.Mark, end);
    }

    /// <summary>Breadth first, each item once: the projection is applied to its own results until it finds nothing new.</summary>
    public static void Repeat(in Call call) => Repeat(call, unique: true);

    /// <summary>As repeat(), without looking for duplicates (FHIRPath 3.0).</summary>
    public static void RepeatAll(in Call call) => Repeat(call, unique: false);

    private static void Repeat(in Call call, bool unique)
    {
        var e = call.E;
        var end = e.Top;
        var scope = e.Save();
        for (var i = call.Mark; i < e.Top; i++)
        {
            var before = e.Top;
            e.SetItem(i, i < end ? i - call.Mark : i - end, scope);
            call.Arguments[0].Evaluate(e);
            if (!unique)
                continue;
            var keep = before;
            for (var j = before; j < e.Top; j++)
            {
                if (!e.Contains(e.Between(end, keep), e[j]))
                    e[keep++] = e[j];
            }
            e.Cut(keep);
        }
        e.Restore(scope);
        e.Collapse(call.Mark, end);
    }

    public static void Aggregate(in Call call)
    {
        var e = call.E;
        var end = e.Top;
        var total = call.Arguments.Length > 1 ? call.Arguments[1].ToArray(e) : [];
        var scope = e.Save();
        for (var i = call.Mark; i < end; i++)
        {
            e.SetItem(i, i - call.Mark, scope);
            e.Total = total;
            total = call.Arguments[0].ToArray(e);
        }
        e.Restore(scope);
        e.Cut(call.Mark);
        foreach (var node in total)
            e.Push(node);
    }

    /// <summary>iif(criterion, then, else): the branch that is not taken is not evaluated. $this is the input, at most one item.</summary>
    public static void Iif(in Call call)
    {
        var e = call.E;
        var hasInput = call.TryInput(out var input);
        e.Cut(call.Mark);
        var scope = e.Save();
        e.This = input;
        e.HasThis = hasInput;
        if (call.Arguments[0].Test(e) == true)
            call.Arguments[1].Evaluate(e);
        else if (call.Arguments.Length > 2)
            call.Arguments[2].Evaluate(e);
        e.Restore(scope);
    }

    /// <summary>sort(key, ...), a key with a minus sign descending (FHIRPath 3.0). An empty key comes last, or first where
    /// descending.</summary>
    public static void Sort(in Call call, bool[] descending)
    {
        var e = call.E;
        int count = call.Count,
            keys = Math.Max(1, call.Arguments.Length);
        var rows = new (FhirPathNode Item, FhirPathNode?[] Keys)[count];
        var scope = e.Save();
        for (var i = 0; i < count; i++)
        {
            var item = e[call.Mark + i];
            rows[i] = (item, new FhirPathNode?[keys]);
            e.SetItem(call.Mark + i, i, scope);
            for (var k = 0; k < keys; k++)
            {
                if (call.Arguments.Length == 0)
                    rows[i].Keys[k] = item;
                else if (call.TryArgument(k, out var key))
                    rows[i].Keys[k] = key;
            }
        }
        e.Restore(scope);
        e.Charge((long)count * keys * (1 + System.Numerics.BitOperations.Log2((uint)count + 1)));
        foreach (var row in rows)
        {
            foreach (var key in row.Keys)
                e.ChargeRead((key?.Size ?? 0) * 16L);
        }
        var position = call.Position;
        int Compare((FhirPathNode Item, FhirPathNode?[] Keys) a, (FhirPathNode Item, FhirPathNode?[] Keys) b)
        {
            for (var k = 0; k < keys; k++)
            {
                var order = (a.Keys[k], b.Keys[k]) switch
                {
                    (null, null) => 0,
                    (null, _) => 1,
                    (_, null) => -1,
                    ({ } x, { } y) => NodeComparison.Compare(x, y, position) ?? 0,
                };
                if (order != 0)
                    return descending.Length > 0 && descending[k] ? -order : order;
            }
            return 0;
        }
        e.Cut(call.Mark);
        foreach ((var item, _) in Sorted(rows, Compare, position))
            e.Push(item);
    }

    private static T[] Sorted<T>(T[] rows, Comparison<T> compare, int position)
    {
        try
        {
            return [.. rows.Order(Comparer<T>.Create(compare))];
        }
        catch (InvalidOperationException e) when (e.InnerException is FhirPathException or InvalidOperationException)
        {
            // Sorting wraps the exception of a comparison: throw the original one.
            ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
        catch (ArgumentException)
        {
            // Partial dates can be before one and after another that is before both.
            throw FhirPathException.Execution("the items are in no order", position);
        }
    }
}
