using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>Math (FHIRPath 2.0, 5.7). A result that is not a real number, or is beyond the range of decimal, is empty.</summary>
internal static class MathFunctions
{
    public static void Abs(in Call call)
    {
        if (!call.TryValue(out var node))
            return;
        if (node.TryGetInteger(out var integer))
            call.Result(Math.Abs(integer));
        else if (node.TryGetQuantity(out var quantity))
            call.Result(FhirPathNode.FromQuantity(new Quantity(Math.Abs(quantity.Value), quantity.Unit, quantity.IsCalendar)));
        else
            call.Result(FhirPathNode.FromDecimal(Math.Abs(Number(call, node))));
    }

    public static void Ceiling(in Call call) => ToInteger(call, decimal.Ceiling);

    public static void Floor(in Call call) => ToInteger(call, decimal.Floor);

    public static void Truncate(in Call call) => ToInteger(call, decimal.Truncate);

    private static void ToInteger(in Call call, Func<decimal, decimal> function)
    {
        if (!call.TryValue(out var node))
            return;
        var result = function(Number(call, node));
        if (result is >= int.MinValue and <= int.MaxValue)
            call.Result((long)result);
        else
            call.Empty();
    }

    public static void Round(in Call call)
    {
        if (!call.TryValue(out var node))
            return;
        call.TryIntegerArgument(0, out var digits);
        if (digits < 0)
            throw call.Error("the number of digits is negative");
        call.Result(FhirPathNode.FromDecimal(Math.Round(Number(call, node), (int)Math.Min(digits, 28), MidpointRounding.AwayFromZero)));
    }

    public static void Exp(in Call call) => Real(call, static (x, _) => Math.Exp(x));

    public static void Ln(in Call call) => Real(call, static (x, _) => Math.Log(x));

    public static void Sqrt(in Call call) => Real(call, static (x, _) => Math.Sqrt(x));

    public static void Log(in Call call)
    {
        if (call.TryArgument(0, out var node))
            Real(call, static (x, b) => Math.Log(x) / Math.Log(b), (double)Number(call, node));
        else
            call.Empty();
    }

    public static void Power(in Call call)
    {
        if (!call.TryArgument(0, out var exponent) || !call.TryValue(out var node))
        {
            call.Empty();
            return;
        }
        if (node.TryGetInteger(out var x) && exponent.TryGetInteger(out var y) && y >= 0)
        {
            var power = Math.Pow(x, y);
            if (Math.Abs(power) <= int.MaxValue)
                call.Result((long)power);
            else
                call.Empty();
            return;
        }
        Real(call, Math.Pow, (double)Number(call, exponent));
    }

    private static void Real(in Call call, Func<double, double, double> function, double argument = 0)
    {
        if (!call.TryValue(out var node))
            return;
        var result = function((double)Number(call, node), argument);
        if (double.IsFinite(result) && Math.Abs(result) < (double)decimal.MaxValue)
            call.Result(FhirPathNode.FromDecimal((decimal)result));
        else
            call.Empty();
    }

    private static decimal Number(in Call call, in FhirPathNode node) =>
        node.TryGetDecimal(out var number) ? number : throw call.Error($"expected a number, not {node.Type}");
}
