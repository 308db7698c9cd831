using Interop.Fhir.FhirPath.Errors;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>Dates plus and minus durations (FHIRPath 2.0, 6.6.7): calendar arithmetic at the precision of the date.</summary>
internal static class TemporalArithmetic
{
    /// <summary>
    /// Adds the whole units of a duration, or subtracts them with <paramref name="sign"/> -1. Null where the sum leaves the years 1-9999.
    /// Throws where the unit is no duration, or one without a fixed length ('mo', 'a').
    /// </summary>
    public static Temporal? Add(Temporal value, Quantity duration, int sign)
    {
        if (!CalendarUnit.TryFromCode(duration.Unit, out var unit))
            throw FhirPathException.Execution(
                $"'{duration.Unit}' cannot be added to a date or time: it takes calendar durations such as 3 months, or 'wk', 'd', 'h', 'min', 's', 'ms'"
            );
        var whole = decimal.Truncate(duration.Value) * sign;
        if (Math.Abs(whole) > 1_000_000_000_000m)
            return null;
        var amount = (long)whole;
        if (value.Kind == TemporalKind.Time)
            return AddToTime(value, unit, amount);
        return unit switch
        {
            CalendarUnitKind.Year => AddMonths(value, amount * 12),
            CalendarUnitKind.Month => AddMonths(value, amount),
            CalendarUnitKind.Week => AddDays(value, amount * 7),
            CalendarUnitKind.Day => AddDays(value, amount),
            _ when value.Precision >= TemporalPrecision.Hour => AddTicks(value, amount, unit),
            // A date without a time takes only whole days of a finer unit.
            _ => AddDays(value, (long)(decimal.Multiply(amount, CalendarUnit.Ticks(unit)) / TimeSpan.TicksPerDay)),
        };
    }

    private static Temporal? AddToTime(Temporal value, CalendarUnitKind unit, long amount)
    {
        if (unit is CalendarUnitKind.Year or CalendarUnitKind.Month or CalendarUnitKind.Week or CalendarUnitKind.Day)
            throw FhirPathException.Execution($"a {unit} cannot be added to a time of day");
        var ticks = (((value.Hour * 60L) + value.Minute) * TimeSpan.TicksPerMinute) + value.SecondTicks;
        var sum = (ticks + decimal.Multiply(amount, CalendarUnit.Ticks(unit))) % TimeSpan.TicksPerDay;
        var wrapped = (long)(sum < 0 ? sum + TimeSpan.TicksPerDay : sum);
        return With(value, new DateTime(1, 1, 1).AddTicks(wrapped));
    }

    private static Temporal? AddMonths(Temporal value, long months)
    {
        if (value.Precision == TemporalPrecision.Year)
            months = months / 12 * 12;
        var total = (value.Year * 12L) + value.Month - 1 + months;
        var year = Math.DivRem(total, 12, out var month);
        if (year is < 1 or > 9999)
            return null;
        var day = Math.Min(value.Day, DateTime.DaysInMonth((int)year, (int)month + 1));
        return Temporal.Create(
            value.Kind,
            value.Precision,
            (int)year,
            (int)month + 1,
            day,
            value.Hour,
            value.Minute,
            value.SecondTicks,
            value.FractionDigits,
            value.OffsetMinutes
        );
    }

    private static Temporal? AddDays(Temporal value, long days)
    {
        if (value.Precision == TemporalPrecision.Year)
            return AddMonths(value, days / 365 * 12);
        if (value.Precision == TemporalPrecision.Month)
            return AddMonths(value, days / 30);
        return AddTicks(value, days, CalendarUnitKind.Day);
    }

    private static Temporal? AddTicks(Temporal value, long amount, CalendarUnitKind unit)
    {
        var start = new DateTime(value.Year, value.Month, value.Day, value.Hour, value.Minute, 0);
        var sum = start.Ticks + value.SecondTicks + decimal.Multiply(amount, CalendarUnit.Ticks(unit));
        if (sum < 0 || sum > DateTime.MaxValue.Ticks)
            return null;
        return With(value, new DateTime((long)sum));
    }

    private static Temporal With(Temporal value, DateTime at)
    {
        var seconds = at.Ticks % TimeSpan.TicksPerMinute;
        // A time of day has no date; its components are those that a parsed time has.
        if (value.Kind == TemporalKind.Time)
            return Temporal.Create(value.Kind, value.Precision, 0, 1, 1, at.Hour, at.Minute, seconds, value.FractionDigits, null);
        return Temporal.Create(
            value.Kind,
            value.Precision,
            at.Year,
            at.Month,
            at.Day,
            at.Hour,
            at.Minute,
            seconds,
            value.FractionDigits,
            value.OffsetMinutes
        );
    }
}
