using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>+ - * / div mod &amp; (FHIRPath 2.0, 6.6). A result beyond the range of its type is empty, as is a division by zero.</summary>
internal sealed class ArithmeticOperation(Operation left, Operation right, string symbol) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        e.Step();
        var hasLeft = left.TryEvaluateValue(e, out var a);
        var hasRight = right.TryEvaluateValue(e, out var b);
        if (symbol == "&")
        {
            e.Push(Joined(e, hasLeft ? Text(a) : "", hasRight ? Text(b) : ""));
            return;
        }
        if (!hasLeft || !hasRight)
            return;
        FhirPathNode? result;
        try
        {
            result = Compute(e, a, b);
        }
        catch (OverflowException)
        {
            return;
        }
        if (result is { } value)
            e.Push(value);
    }

    private static FhirPathNode Joined(Evaluation e, string left, string right)
    {
        e.ChargeText((long)left.Length + right.Length);
        return FhirPathNode.FromString(left + right);
    }

    private string Text(in FhirPathNode node) =>
        node.Kind == NodeKind.String ? node.AsText()! : throw FhirPathException.Execution($"& joins strings, not {node.Type}", Position);

    private FhirPathNode? Compute(Evaluation e, in FhirPathNode a, in FhirPathNode b)
    {
        if (a.TryGetInteger(out var i) && b.TryGetInteger(out var j))
            return Integers(i, j);
        if (a.TryGetDecimal(out var x) && b.TryGetDecimal(out var y))
            return DecimalNumbers(x, y);
        if (symbol == "+" && a.Kind == NodeKind.String && b.Kind == NodeKind.String)
            return Joined(e, a.AsText()!, b.AsText()!);
        if (symbol is "+" or "-" && NodeEquality.IsTemporal(a.Kind) && b.TryGetQuantity(out var duration))
            return
                a.TryGetTemporal(out var start)
                && TemporalArithmetic.Add(start, b.IsJson ? CalendarDuration(duration) : duration, symbol == "+" ? 1 : -1) is { } end
                ? FhirPathNode.FromTemporal(end)
                : null;
        if (
            (a.Kind == NodeKind.Quantity || b.Kind == NodeKind.Quantity)
            && NodeEquality.AsQuantity(a) is { } p
            && NodeEquality.AsQuantity(b) is { } q
        )
            return Quantities(p, q);
        throw Refused(a, b);
    }

    /// <summary>In a FHIR Quantity the UCUM units a and mo stand for calendar years and months (R4, fhirpath.html, "Using FHIR types"):
    /// birthDate + onsetAge.</summary>
    private static Quantity CalendarDuration(Quantity duration) =>
        duration.Unit switch
        {
            "a" => new Quantity(duration.Value, "year", isCalendar: true),
            "mo" => new Quantity(duration.Value, "month", isCalendar: true),
            _ => duration,
        };

    private FhirPathException Refused(in FhirPathNode a, in FhirPathNode b) =>
        FhirPathException.Execution($"{a.Type} {symbol} {b.Type} is not possible", Position);

    private FhirPathNode? Integers(long i, long j) =>
        symbol switch
        {
            "+" => Integer(checked(i + j)),
            "-" => Integer(checked(i - j)),
            "*" => Integer(checked(i * j)),
            "/" => j == 0 ? null : FhirPathNode.FromDecimal((decimal)i / j),
            "div" => j == 0 ? null : Integer(i / j),
            _ => j == 0 ? null : Integer(i % j),
        };

    private static FhirPathNode? Integer(long value) => value is < int.MinValue or > int.MaxValue ? null : FhirPathNode.FromInteger(value);

    private FhirPathNode? DecimalNumbers(decimal x, decimal y) =>
        symbol switch
        {
            "+" => FhirPathNode.FromDecimal(x + y),
            "-" => FhirPathNode.FromDecimal(x - y),
            "*" => FhirPathNode.FromDecimal(x * y),
            "/" => y == 0 ? null : FhirPathNode.FromDecimal(x / y),
            "div" => y == 0 ? null : Integer((long)decimal.Truncate(x / y)),
            _ => y == 0 ? null : FhirPathNode.FromDecimal(x % y),
        };

    private FhirPathNode? Quantities(Quantity p, Quantity q)
    {
        var result = symbol switch
        {
            "+" => Quantity.Add(p, q, 1),
            "-" => Quantity.Add(p, q, -1),
            "*" => Quantity.Multiply(p, q, divide: false),
            "/" => Quantity.Multiply(p, q, divide: true),
            _ => throw FhirPathException.Execution($"{symbol} is not possible on quantities", Position),
        };
        return result is null ? null : FhirPathNode.FromQuantity(result);
    }
}

/// <summary>-x and +x.</summary>
internal sealed class PolarityOperation(Operation operand, bool negative) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        if (!operand.TryEvaluateValue(e, out var node))
            return;
        if (node.TryGetInteger(out var integer))
            e.Push(FhirPathNode.FromInteger(negative ? -integer : integer));
        else if (node.TryGetDecimal(out var number))
            e.Push(FhirPathNode.FromDecimal(negative ? -number : number));
        else if (node.TryGetQuantity(out var quantity))
            e.Push(FhirPathNode.FromQuantity(negative ? new Quantity(-quantity.Value, quantity.Unit, quantity.IsCalendar) : quantity));
        else
            throw FhirPathException.Execution($"a sign cannot stand before {node.Type}", Position);
    }
}

/// <summary>a | b: both without duplicates.</summary>
internal sealed class UnionOperation(Operation left, Operation right) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        var mark = e.Top;
        var variables = e.Variables;
        left.Evaluate(e);
        e.Variables = variables;
        right.Evaluate(e);
        e.Variables = variables;
        Collections.RemoveDuplicates(e, mark);
    }
}

/// <summary>x as T, as an operator and as a function: one item, kept where it is of the type.</summary>
internal sealed class AsOperation(Operation operand, TypeTest type) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        if (operand.TryEvaluateSingle(e, out var node) && type.IsOfType(node.Type))
            e.Push(node);
    }
}

/// <summary>ofType(T): the items of the type.</summary>
internal sealed class OfTypeOperation(Operation source, TypeTest type) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        var mark = e.Top;
        source.Evaluate(e);
        var keep = mark;
        for (var i = mark; i < e.Top; i++)
        {
            if (type.IsOfType(e[i].Type))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }
}
