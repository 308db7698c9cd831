using System.Globalization;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>
/// A number with a unit: a UCUM code, or a calendar duration such as <c>days</c> (FHIRPath 2.0, 4.1.8). The unit of a plain number is '1'.
/// </summary>
public sealed class Quantity(decimal value, string unit, bool isCalendar = false)
{
    /// <summary>The number, in <see cref="Unit"/>.</summary>
    public decimal Value { get; } = value;

    /// <summary>The UCUM code or calendar duration; '1' for a plain number.</summary>
    public string Unit { get; } = unit;

    /// <summary>The unit is a calendar duration, written without quotes.</summary>
    public bool IsCalendar { get; } = isCalendar;

    private UcumUnit? Ucum => UcumUnit.TryParse(CalendarUnit.IsKeyword(Unit) ? CalendarUnit.ToUcum(Unit) : Unit);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsCalendar ? $" {Unit}" : $" '{Unit}'");

    /// <summary>Reads <c>4 days</c>, <c>10 'mg'</c> and <c>1.5</c>; null for anything else.</summary>
    public static Quantity? TryParse(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var end = 0;
        while (end < trimmed.Length && (char.IsAsciiDigit(trimmed[end]) || trimmed[end] is '.' or '+' or '-'))
            end++;
        if (
            !decimal.TryParse(
                trimmed[..end],
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
            || trimmed[end - 1] == '.'
        )
            return null;
        var unit = trimmed[end..].TrimStart();
        if (unit.IsEmpty)
            return new Quantity(number, "1");
        if (unit.Length > 2 && unit[0] == '\'' && unit[^1] == '\'')
            return new Quantity(number, unit[1..^1].ToString());
        var keyword = unit.ToString();
        return CalendarUnit.IsKeyword(keyword) ? new Quantity(number, keyword, isCalendar: true) : null;
    }

    /// <summary>Whether the two measure the same kind of thing, so that one can be converted to the other.</summary>
    public static bool AreComparable(Quantity left, Quantity right) =>
        left.Ucum is { } leftUnit && right.Ucum is { } rightUnit && leftUnit.Dimension == rightUnit.Dimension;

    /// <summary>Compares by value in a common unit; null where the units do not compare, or one is not known.</summary>
    public static int? Compare(Quantity left, Quantity right)
    {
        if (left.Unit == right.Unit)
            return left.Value.CompareTo(right.Value);
        return right.TryConvert(left) is { } converted ? left.Value.CompareTo(converted) : null;
    }

    /// <summary>~: equal once both are rounded to the digits of the less precise one; null where the units do not compare.</summary>
    public static bool? AreEquivalent(Quantity left, Quantity right)
    {
        var converted = left.Unit == right.Unit ? right.Value : right.TryConvert(left);
        // A calendar year is equivalent, though not equal, to UCUM's mean year, and a month to its mean month (FHIRPath 2.0, 4.1.8.2).
        if (converted is null && left.HasCalendarUnit != right.HasCalendarUnit)
            converted = right.AsMeanUnit().TryConvert(left = left.AsMeanUnit());
        return converted is null ? null : Decimals.AreEquivalent(left.Value, converted.Value, Decimals.Scale(right.Value));
    }

    /// <summary>This quantity's value in the other's unit.</summary>
    private decimal? TryConvert(Quantity target) => Ucum is { } from && target.Ucum is { } to ? UcumUnit.TryConvert(Value, from, to) : null;

    private bool HasCalendarUnit => CalendarUnit.IsKeyword(Unit);

    private Quantity AsMeanUnit() => HasCalendarUnit && CalendarUnit.MeanUcum(Unit) is { } code ? new Quantity(Value, code) : this;

    /// <summary>This quantity in another unit (a UCUM code or a calendar duration); null where it cannot be converted.</summary>
    public Quantity? ConvertTo(string unit)
    {
        var target = new Quantity(0, unit, CalendarUnit.IsKeyword(unit));
        if (Unit == unit)
            return this;
        return TryConvert(target) is { } converted ? new Quantity(converted, unit, target.IsCalendar) : null;
    }

    /// <summary>Sum or difference in the finer of the two units (FHIRPath 2.0, 6.6.3); null where the units do not compare.</summary>
    public static Quantity? Add(Quantity left, Quantity right, int sign)
    {
        if (left.Unit == right.Unit)
            return new Quantity(left.Value + (sign * right.Value), left.Unit, left.IsCalendar);
        if (right.TryConvert(left) is not { } rightInLeft || left.Ucum is not { } leftUnit || right.Ucum is not { } rightUnit)
            return null;
        var isRightFiner = rightUnit.Factor * leftUnit.Divisor < leftUnit.Factor * rightUnit.Divisor;
        return isRightFiner && left.TryConvert(right) is { } leftInRight
            ? new Quantity(leftInRight + (sign * right.Value), right.Unit, right.IsCalendar)
            : new Quantity(left.Value + (sign * rightInLeft), left.Unit, left.IsCalendar);
    }

    /// <summary>Product or quotient, in the product or quotient of the base units; null where a unit is not known.</summary>
    public static Quantity? Multiply(Quantity left, Quantity right, bool divide)
    {
        if (divide && right.Value == 0)
            return null;
        if (right.Unit == "1")
            return new Quantity(divide ? left.Value / right.Value : left.Value * right.Value, left.Unit, left.IsCalendar);
        if (left.Ucum is not { } leftUnit || right.Ucum is not { } rightUnit || leftUnit.Offset != 0 || rightUnit.Offset != 0)
            return null;
        var unit = divide ? leftUnit / rightUnit : leftUnit * rightUnit;
        var number = divide ? left.Value / right.Value : left.Value * right.Value;
        return new Quantity(number * unit.Factor / unit.Divisor, unit.Dimension.ToUcum());
    }
}
