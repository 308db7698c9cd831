namespace Interop.Fhir.Validation;

/// <summary>
/// date, dateTime, instant and time on UTF-8, checked against the calendar: the specification asks for valid dates, which its regular
/// expressions alone do not. A leap second (:60) is valid. The year 0000 is not.
/// </summary>
internal static class DateTimeFormat
{
    private const int DateLength = 10;
    private const int SecondsEnd = 8;

    public static bool IsDate(ReadOnlySpan<byte> value) => value.Length <= DateLength && IsPartialDate(value);

    public static bool IsDateTime(ReadOnlySpan<byte> value) => value.Length <= DateLength ? IsPartialDate(value) : IsInstant(value);

    public static bool IsInstant(ReadOnlySpan<byte> value)
    {
        if (value.Length < DateLength + 1 + SecondsEnd + 1 || value[DateLength] != 'T' || !IsPartialDate(value[..DateLength]))
            return false;
        var time = value[(DateLength + 1)..];
        var zone = time.IndexOfAny((byte)'Z', (byte)'+', (byte)'-');
        return zone > 0 && IsTime(time[..zone]) && IsZone(time[zone..]);
    }

    public static bool IsTime(ReadOnlySpan<byte> value)
    {
        if (
            value.Length < SecondsEnd
            || value[2] != ':'
            || value[5] != ':'
            || Number(value[..2]) is < 0 or > 23
            || Number(value[3..5]) is < 0 or > 59
            || Number(value[6..8]) is < 0 or > 60
        )
        {
            return false;
        }

        return value.Length == SecondsEnd
            || (
                value[SecondsEnd] == '.'
                && value.Length > SecondsEnd + 1
                && value[(SecondsEnd + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            );
    }

    /// <summary>The moment a valid instant names, to 100 ns; null where it lies outside of what a DateTimeOffset can hold.</summary>
    public static DateTimeOffset? ParseInstant(ReadOnlySpan<byte> value)
    {
        if (!IsInstant(value))
            return null;

        var time = value[(DateLength + 1)..];
        var zone = time.IndexOfAny((byte)'Z', (byte)'+', (byte)'-');
        var ticks =
            new DateTime(Number(value[..4]), Number(value[5..7]), Number(value[8..10])).Ticks
            + (Number(time[..2]) * TimeSpan.TicksPerHour)
            + (Number(time[3..5]) * TimeSpan.TicksPerMinute)
            + (Number(time[6..8]) * TimeSpan.TicksPerSecond)
            + FractionTicks(time[SecondsEnd..zone]);
        var offset =
            time[zone] == 'Z'
                ? TimeSpan.Zero
                : (time[zone] == '-' ? -1 : 1) * new TimeSpan(Number(time.Slice(zone + 1, 2)), Number(time.Slice(zone + 4, 2)), 0);
        var utc = ticks - offset.Ticks;
        return utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks || ticks > DateTime.MaxValue.Ticks
            ? null
            : new DateTimeOffset(ticks, offset);
    }

    private static long FractionTicks(ReadOnlySpan<byte> fraction)
    {
        long ticks = 0;
        for (var i = 1; i <= 7; i++)
            ticks = (ticks * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        return ticks;
    }

    private static bool IsPartialDate(ReadOnlySpan<byte> value)
    {
        if (value.Length is not (4 or 7 or 10))
            return false;
        var year = Number(value[..4]);
        if (year < 1 || value.Length == 4)
            return year >= 1;
        var month = Number(value[5..7]);
        if (value[4] != '-' || month is < 1 or > 12 || value.Length == 7)
            return value[4] == '-' && month is >= 1 and <= 12;
        var day = Number(value[8..10]);
        return value[7] == '-' && day >= 1 && day <= DateTime.DaysInMonth(year, month);
    }

    private static bool IsZone(ReadOnlySpan<byte> zone)
    {
        if (zone[0] == 'Z')
            return zone.Length == 1;
        if (zone.Length != 6 || zone[3] != ':')
            return false;
        var hours = Number(zone[1..3]);
        var minutes = Number(zone[4..6]);
        return hours >= 0 && minutes >= 0 && minutes <= 59 && (hours <= 13 || (hours == 14 && minutes == 0));
    }

    /// <summary>The number of these digits, or -1.</summary>
    private static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return -1;
            number = (number * 10) + digit - '0';
        }

        return number;
    }
}
