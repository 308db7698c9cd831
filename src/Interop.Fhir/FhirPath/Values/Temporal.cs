using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>Which of the three temporal types of FHIRPath a value has.</summary>
public enum TemporalKind
{
    /// <summary>A date.</summary>
    Date,

    /// <summary>A date with time.</summary>
    DateTime,

    /// <summary>A time of day.</summary>
    Time,
}

/// <summary>The precision of a <see cref="Temporal"/>: its last component.</summary>
public enum TemporalPrecision
{
    /// <summary>YYYY.</summary>
    Year,

    /// <summary>YYYY-MM.</summary>
    Month,

    /// <summary>YYYY-MM-DD.</summary>
    Day,

    /// <summary>To the hour.</summary>
    Hour,

    /// <summary>To the minute.</summary>
    Minute,

    /// <summary>To the second.</summary>
    Second,

    /// <summary>To a fraction of a second.</summary>
    Millisecond,
}

/// <summary>
/// A date, date with time, or time of day, with the precision at which it was stated (FHIRPath 2.0, 4.1): 2015-02 is a month, not its
/// first day. Fractions of a second are kept to 100 ns, and written with as many digits as were read.
/// </summary>
public sealed class Temporal
{
    private readonly int _fractionDigits;

    private Temporal(
        TemporalKind kind,
        TemporalPrecision precision,
        int year,
        int month,
        int day,
        int hour,
        int minute,
        long secondTicks,
        int fractionDigits,
        int? offsetMinutes
    )
    {
        Kind = kind;
        Precision = precision;
        Year = year;
        Month = month;
        Day = day;
        Hour = hour;
        Minute = minute;
        SecondTicks = secondTicks;
        _fractionDigits = fractionDigits;
        OffsetMinutes = offsetMinutes;
    }

    /// <summary>Which of the three types this is.</summary>
    public TemporalKind Kind { get; }

    /// <summary>The last component that was stated.</summary>
    public TemporalPrecision Precision { get; }

    /// <summary>1 to 9999; 0 for a time of day.</summary>
    public int Year { get; }

    /// <summary>1 to 12; 1 when it was not stated.</summary>
    public int Month { get; }

    /// <summary>1 to 31; 1 when it was not stated.</summary>
    public int Day { get; }

    /// <summary>0 to 23; 0 when it was not stated.</summary>
    public int Hour { get; }

    /// <summary>0 to 59; 0 when it was not stated.</summary>
    public int Minute { get; }

    /// <summary>Seconds and their fraction, in 100 ns.</summary>
    public long SecondTicks { get; }

    /// <summary>The offset from UTC, where one was stated.</summary>
    public int? OffsetMinutes { get; }

    /// <summary>The whole seconds, 0 to 59; 0 when they were not stated.</summary>
    public int Second => (int)(SecondTicks / TimeSpan.TicksPerSecond);

    /// <summary>The whole milliseconds of the fraction; 0 when they were not stated.</summary>
    public int Millisecond => (int)(SecondTicks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMillisecond);

    /// <summary>The same instant of the calendar at another precision; components that were not stated take the given ones'
    /// place.</summary>
    internal static Temporal Create(
        TemporalKind kind,
        TemporalPrecision precision,
        int year,
        int month,
        int day,
        int hour,
        int minute,
        long secondTicks,
        int fractionDigits,
        int? offsetMinutes
    ) => new(kind, precision, year, month, day, hour, minute, secondTicks, fractionDigits, offsetMinutes);

    /// <summary>The date of an instant, in the instant's own offset.</summary>
    public static Temporal DateOf(DateTimeOffset at) =>
        new(TemporalKind.Date, TemporalPrecision.Day, at.Year, at.Month, at.Day, 0, 0, 0, 0, null);

    /// <summary>The time of day of an instant, to the millisecond, in the instant's own offset.</summary>
    public static Temporal TimeOf(DateTimeOffset at) =>
        new(TemporalKind.Time, TemporalPrecision.Millisecond, 0, 1, 1, at.Hour, at.Minute, TicksOf(at), 3, null);

    /// <summary>An instant, to the millisecond, with its offset.</summary>
    public static Temporal DateTimeOf(DateTimeOffset at) =>
        new(
            TemporalKind.DateTime,
            TemporalPrecision.Millisecond,
            at.Year,
            at.Month,
            at.Day,
            at.Hour,
            at.Minute,
            TicksOf(at),
            3,
            (int)at.Offset.TotalMinutes
        );

    private static long TicksOf(DateTimeOffset at) =>
        (at.Second * TimeSpan.TicksPerSecond) + (at.Millisecond * TimeSpan.TicksPerMillisecond);

    /// <summary>The date alone, or the date as a date with time of the same precision.</summary>
    internal Temporal As(TemporalKind kind) =>
        kind == TemporalKind.Date
            ? new(kind, Precision > TemporalPrecision.Day ? TemporalPrecision.Day : Precision, Year, Month, Day, 0, 0, 0, 0, null)
            : new(kind, Precision, Year, Month, Day, Hour, Minute, SecondTicks, _fractionDigits, OffsetMinutes);

    /// <summary>Reads ISO 8601 as FHIR and FHIRPath write it: 2015, 2015-02, 2015-02-04, 2015-02-04T14:34:28.123+10:00, 14:34:28.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, TemporalKind kind, [NotNullWhen(true)] out Temporal? value)
    {
        value = null;
        int year = 0,
            month = 1,
            day = 1,
            hour = 0,
            minute = 0,
            digits = 0;
        long ticks = 0;
        int? offset = null;
        var precision = TemporalPrecision.Year;
        var rest = text;
        if (kind != TemporalKind.Time)
        {
            if (!Take(ref rest, 4, out year) || year == 0)
                return false;
            if (Skip(ref rest, '-'))
            {
                if (!Take(ref rest, 2, out month) || month is < 1 or > 12)
                    return false;
                precision = TemporalPrecision.Month;
                if (Skip(ref rest, '-'))
                {
                    if (!Take(ref rest, 2, out day) || day < 1 || day > DateTime.DaysInMonth(year, month))
                        return false;
                    precision = TemporalPrecision.Day;
                }
            }
            if (kind == TemporalKind.DateTime && Skip(ref rest, 'T') && rest.Length > 0)
            {
                if (
                    precision != TemporalPrecision.Day
                    || !TakeTime(ref rest, out hour, out minute, out ticks, out digits, out precision)
                    || !TakeOffset(ref rest, out offset)
                )
                    return false;
            }
        }
        else if (!TakeTime(ref rest, out hour, out minute, out ticks, out digits, out precision))
        {
            return false;
        }
        if (rest.Length > 0)
            return false;
        value = new Temporal(kind, precision, year, month, day, hour, minute, ticks, digits, offset);
        return true;
    }

    private static bool TakeTime(
        ref ReadOnlySpan<char> rest,
        out int hour,
        out int minute,
        out long ticks,
        out int digits,
        out TemporalPrecision precision
    )
    {
        minute = digits = 0;
        ticks = 0;
        precision = TemporalPrecision.Hour;
        if (!Take(ref rest, 2, out hour) || hour > 23)
            return false;
        if (!Skip(ref rest, ':'))
            return true;
        precision = TemporalPrecision.Minute;
        if (!Take(ref rest, 2, out minute) || minute > 59)
            return false;
        if (!Skip(ref rest, ':'))
            return true;
        precision = TemporalPrecision.Second;
        if (!Take(ref rest, 2, out var second) || second > 60)
            return false;
        ticks = second * TimeSpan.TicksPerSecond;
        if (!Skip(ref rest, '.'))
            return true;
        precision = TemporalPrecision.Millisecond;
        for (var unit = TimeSpan.TicksPerSecond / 10; rest.Length > 0 && char.IsAsciiDigit(rest[0]); rest = rest[1..], unit /= 10, digits++)
            ticks += (rest[0] - '0') * unit;
        return digits > 0;
    }

    private static bool TakeOffset(ref ReadOnlySpan<char> rest, out int? offset)
    {
        offset = null;
        if (rest.Length == 0)
            return true;
        if (Skip(ref rest, 'Z'))
        {
            offset = 0;
            return true;
        }
        var sign = rest[0] switch
        {
            '+' => 1,
            '-' => -1,
            _ => 0,
        };
        if (sign == 0)
            return false;
        rest = rest[1..];
        if (!Take(ref rest, 2, out var hours) || hours > 14 || !Skip(ref rest, ':') || !Take(ref rest, 2, out var minutes) || minutes > 59)
            return false;
        offset = sign * ((hours * 60) + minutes);
        return true;
    }

    private static bool Take(ref ReadOnlySpan<char> rest, int digits, out int number)
    {
        number = 0;
        if (rest.Length < digits)
            return false;
        for (var i = 0; i < digits; i++)
        {
            if (!char.IsAsciiDigit(rest[i]))
                return false;
            number = (number * 10) + (rest[i] - '0');
        }
        rest = rest[digits..];
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<char> rest, char c)
    {
        if (rest.Length == 0 || rest[0] != c)
            return false;
        rest = rest[1..];
        return true;
    }

    /// <summary>As FHIR writes it, at the stated precision.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(29);
        if (Kind != TemporalKind.Time)
        {
            text.Append($"{Year:D4}");
            if (Precision >= TemporalPrecision.Month)
                text.Append($"-{Month:D2}");
            if (Precision >= TemporalPrecision.Day)
                text.Append($"-{Day:D2}");
            if (Precision >= TemporalPrecision.Hour)
                text.Append('T');
        }
        if (Precision >= TemporalPrecision.Hour)
            text.Append($"{Hour:D2}");
        if (Precision >= TemporalPrecision.Minute)
            text.Append($":{Minute:D2}");
        if (Precision >= TemporalPrecision.Second)
            text.Append($":{Second:D2}");
        if (Precision == TemporalPrecision.Millisecond)
            text.Append('.').Append($"{SecondTicks % TimeSpan.TicksPerSecond:D7}".AsSpan(0, Math.Clamp(_fractionDigits, 1, 7)));
        if (Kind == TemporalKind.DateTime && Precision >= TemporalPrecision.Hour && OffsetMinutes is { } offset)
            text.Append(offset == 0 ? "Z" : $"{(offset < 0 ? '-' : '+')}{Math.Abs(offset) / 60:D2}:{Math.Abs(offset) % 60:D2}");
        return text.ToString();
    }

    /// <summary>
    /// Compares component by component (FHIRPath 2.0, 6.1.1 and 6.2): null where the answer depends on a component that one of the two
    /// does not state. Seconds and their fraction are one component. A time of day and a date do not compare: the caller tells them apart.
    /// </summary>
    public static int? Compare(Temporal left, Temporal right)
    {
        if (left.Precision >= TemporalPrecision.Minute && right.Precision >= TemporalPrecision.Minute)
        {
            if (left.OffsetMinutes is { } leftOffset && right.OffsetMinutes is { } rightOffset)
                return FirstDifference(left.TotalMinutes - leftOffset, right.TotalMinutes - rightOffset) ?? CompareSeconds(left, right);
            // Only one has an offset: comparable only if they are further apart than any offset.
            if (left.OffsetMinutes.HasValue != right.OffsetMinutes.HasValue)
            {
                var apart = left.TotalMinutes - (left.OffsetMinutes ?? 0) - (right.TotalMinutes - (right.OffsetMinutes ?? 0));
                return Math.Abs(apart) > 14 * 60 ? Math.Sign(apart) : null;
            }
        }
        var shared = left.Precision < right.Precision ? left.Precision : right.Precision;
        var difference = FirstDifference(left.Year, right.Year);
        if (difference is null && shared >= TemporalPrecision.Month)
            difference = FirstDifference(left.Month, right.Month);
        if (difference is null && shared >= TemporalPrecision.Day)
            difference = FirstDifference(left.Day, right.Day);
        if (difference is null && shared >= TemporalPrecision.Hour)
            difference = FirstDifference(left.Hour, right.Hour);
        if (difference is null && shared >= TemporalPrecision.Minute)
            difference = FirstDifference(left.Minute, right.Minute);
        if (difference is not null)
            return difference;
        if (shared >= TemporalPrecision.Second)
            return left.SecondTicks.CompareTo(right.SecondTicks);
        return left.Precision == right.Precision ? 0 : null;
    }

    private static int? CompareSeconds(Temporal left, Temporal right)
    {
        bool leftStates = left.Precision >= TemporalPrecision.Second,
            rightStates = right.Precision >= TemporalPrecision.Second;
        if (leftStates && rightStates)
            return left.SecondTicks.CompareTo(right.SecondTicks);
        return leftStates == rightStates ? 0 : null;
    }

    private static int? FirstDifference(long left, long right) => left == right ? null : left.CompareTo(right);

    private long TotalMinutes =>
        ((((Kind == TemporalKind.Time ? 0L : new DateTime(Year, Month, Day).Ticks / TimeSpan.TicksPerDay) * 24) + Hour) * 60) + Minute;

    internal int FractionDigits => _fractionDigits;
}
