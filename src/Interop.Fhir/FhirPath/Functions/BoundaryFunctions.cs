using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>
/// lowBoundary(), highBoundary(), precision() and comparable() (FHIRPath 3.0, 5.7 and 5.9): the least and greatest value that a
/// stated precision may stand for.
/// </summary>
internal static class BoundaryFunctions
{
    private const int DefaultDecimalPrecision = 8;
    private const int MaximumDecimalPrecision = 28;

    public static void Low(in Call call) => Boundary(call, high: false);

    public static void High(in Call call) => Boundary(call, high: true);

    private static void Boundary(in Call call, bool high)
    {
        if (!call.TryValue(out var node))
            return;
        long? precision = call.TryIntegerArgument(0, out var given) ? given : null;
        FhirPathNode? result = null;
        if (node.TryGetTemporal(out var temporal))
        {
            if (Bound(temporal, high, precision) is { } bound)
                result = FhirPathNode.FromTemporal(bound);
        }
        else if (node.TryGetDecimal(out var number))
        {
            if (Bound(number, high, precision ?? DefaultDecimalPrecision) is { } bound)
                result = FhirPathNode.FromDecimal(bound);
        }
        else if (node.TryGetQuantity(out var quantity))
        {
            if (Bound(quantity.Value, high, precision ?? DefaultDecimalPrecision) is { } bound)
                result = FhirPathNode.FromQuantity(new Quantity(bound, quantity.Unit, quantity.IsCalendar));
        }
        else if (node.Kind != NodeKind.None || !node.Type.IsPrimitive)
        {
            throw call.Error($"{node.Type} has no boundaries");
        }
        if (result is { } value)
            call.Result(value);
        else
            call.Empty();
    }

    /// <summary>
    /// Half of the last stated digit below or above. With fewer digits, the boundary further from zero is rounded and the nearer one is
    /// truncated, as the test suite expects.
    /// </summary>
    private static decimal? Bound(decimal value, bool high, long precision)
    {
        if (precision is < 0 or > MaximumDecimalPrecision || value.Scale >= MaximumDecimalPrecision)
            return null;
        var outward = value < 0 ? !high : high;
        decimal half = new(5, 0, 0, false, (byte)(value.Scale + 1));
        var magnitude = Math.Abs(value) + (outward ? half : -half);
        var digits = (int)precision;
        var rounded = decimal.Round(magnitude, digits, outward ? MidpointRounding.AwayFromZero : MidpointRounding.ToZero);
        // Adding a zero of the wanted scale keeps trailing zeros: 0.5 to five digits is 0.50000.
        rounded += new decimal(0, 0, 0, false, (byte)digits);
        return value < 0 ? -rounded : rounded;
    }

    /// <summary>At a precision in digits: 4 is a year, 6 a month, 8 a day, 17 a millisecond; 2, 4, 6, 9 for times.</summary>
    private static Temporal? Bound(Temporal value, bool high, long? digits)
    {
        TemporalPrecision? wanted =
            value.Kind == TemporalKind.Time
                ? (digits ?? 9) switch
                {
                    2 => TemporalPrecision.Hour,
                    4 => TemporalPrecision.Minute,
                    6 => TemporalPrecision.Second,
                    9 => TemporalPrecision.Millisecond,
                    _ => null,
                }
                : (digits ?? (value.Kind == TemporalKind.Date ? 8 : 17)) switch
                {
                    4 => TemporalPrecision.Year,
                    6 => TemporalPrecision.Month,
                    8 => TemporalPrecision.Day,
                    10 => TemporalPrecision.Hour,
                    12 => TemporalPrecision.Minute,
                    14 => TemporalPrecision.Second,
                    17 => TemporalPrecision.Millisecond,
                    _ => null,
                };
        if (wanted is not { } precision)
            return null;
        var month =
            value.Precision >= TemporalPrecision.Month ? value.Month
            : high ? 12
            : 1;
        var year = Math.Max(value.Year, 1);
        var day =
            value.Precision >= TemporalPrecision.Day ? value.Day
            : high ? DateTime.DaysInMonth(year, month)
            : 1;
        var hour =
            value.Precision >= TemporalPrecision.Hour ? value.Hour
            : high ? 23
            : 0;
        // FHIR has no hour without its minutes: a stated hour is the hour's first minute.
        var minute =
            value.Precision >= TemporalPrecision.Minute ? value.Minute
            : value.Precision == TemporalPrecision.Hour || !high ? 0
            : 59;
        var ticks = value.Precision switch
        {
            TemporalPrecision.Millisecond => value.SecondTicks,
            TemporalPrecision.Second => value.SecondTicks + (high ? 999 * TimeSpan.TicksPerMillisecond : 0),
            _ => high ? 59_999 * TimeSpan.TicksPerMillisecond : 0,
        };
        var offset =
            value.OffsetMinutes
            ?? (
                value.Kind == TemporalKind.Time ? null
                : high ? -12 * 60
                : 14 * 60
            );
        var kind = value.Kind == TemporalKind.Date && precision > TemporalPrecision.Day ? TemporalKind.DateTime : value.Kind;
        return Temporal.Create(
            kind,
            precision,
            year,
            month,
            day,
            hour,
            minute,
            ticks,
            3,
            precision >= TemporalPrecision.Hour ? offset : null
        );
    }

    public static void Precision(in Call call)
    {
        if (!call.TryValue(out var node))
            return;
        if (node.TryGetTemporal(out var temporal))
        {
            call.Result(
                temporal.Precision switch
                {
                    TemporalPrecision.Year => 4,
                    TemporalPrecision.Month => 6,
                    TemporalPrecision.Day => 8,
                    TemporalPrecision p => (temporal.Kind == TemporalKind.Time ? 0 : 8)
                        + p switch
                        {
                            TemporalPrecision.Hour => 2,
                            TemporalPrecision.Minute => 4,
                            TemporalPrecision.Second => 6,
                            _ => 9,
                        },
                }
            );
        }
        else if (node.TryGetDecimal(out var number))
        {
            call.Result(Decimals.Scale(number));
        }
        else
        {
            throw call.Error($"{node.Type} has no precision");
        }
    }

    public static void Comparable(in Call call)
    {
        if (!call.TryValue(out var node) || !call.TryArgument(0, out var other))
        {
            call.Empty();
            return;
        }
        if (NodeEquality.AsQuantity(node) is not { } left || NodeEquality.AsQuantity(other) is not { } right)
            throw call.Error("both must be quantities");
        call.Result(left.Unit == right.Unit || Quantity.AreComparable(left, right));
    }
}
