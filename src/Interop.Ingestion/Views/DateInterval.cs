namespace Interop.Ingestion.Views;

/// <summary>
/// The instants that a FHIR date, dateTime or instant stands for: from <paramref name="Start"/> (included) to <paramref name="End"/>
/// (excluded).
/// <c>2014-02</c> is all of February 2014. A value without a time zone is read as UTC.
/// </summary>
/// <remarks>Source: FHIR R4 (4.0.1), search by date: "the date 2013-01-10 specifies all the time from 00:00 to 24:00 on that
/// day".</remarks>
internal readonly record struct DateInterval(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>Reads the text of a date, dateTime or instant. False when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateInterval interval)
    {
        interval = default;
        if (!TryNumber(ref text, 4, out var year) || year == 0)
            return false;
        if (text.IsEmpty)
            return From(new DateTime(year, 1, 1), static start => start.AddYears(1), out interval);
        if (!TryPart(ref text, (byte)'-', 1, 12, out var month))
            return false;
        if (text.IsEmpty)
            return From(new DateTime(year, month, 1), static start => start.AddMonths(1), out interval);
        if (!TryPart(ref text, (byte)'-', 1, DateTime.DaysInMonth(year, month), out var day))
            return false;
        var date = new DateTime(year, month, day);
        return text.IsEmpty ? From(date, static start => start.AddDays(1), out interval) : TryTime(date, text, out interval);
    }

    private static bool TryTime(DateTime date, ReadOnlySpan<byte> text, out DateInterval interval)
    {
        interval = default;
        if (!TryPart(ref text, (byte)'T', 0, 23, out var hour) || !TryPart(ref text, (byte)':', 0, 59, out var minute))
            return false;
        var ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        var precision = TimeSpan.TicksPerMinute;
        if (text.Length > 0 && text[0] == ':')
        {
            // 60 is a leap second; it counts as the first instant of the next minute.
            if (!TryPart(ref text, (byte)':', 0, 60, out var second))
                return false;
            ticks += second * TimeSpan.TicksPerSecond;
            precision = TimeSpan.TicksPerSecond;
            if (!TryFraction(ref text, ref ticks, ref precision))
                return false;
        }

        if (!TryZone(text, out var offset))
            return false;
        ticks += date.Ticks - offset.Ticks;
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            return false;
        return From(new DateTime(ticks), start => start.AddTicks(precision), out interval);
    }

    /// <summary>The fraction of a second; digits beyond 100 ns are cut off.</summary>
    private static bool TryFraction(ref ReadOnlySpan<byte> text, ref long ticks, ref long precision)
    {
        if (text.IsEmpty || text[0] != '.')
            return true;
        text = text[1..];
        var digits = 0;
        for (; digits < text.Length && char.IsAsciiDigit((char)text[digits]); digits++)
        {
            if (precision == 1)
                continue;
            precision /= 10;
            ticks += (text[digits] - '0') * precision;
        }

        text = text[digits..];
        return digits > 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text.IsEmpty || text.SequenceEqual("Z"u8))
            return true;
        var sign = text[0];
        if (
            sign is not ((byte)'+' or (byte)'-')
            || !TryPart(ref text, sign, 0, 14, out var hours)
            || !TryPart(ref text, (byte)':', 0, 59, out var minutes)
        )
            return false;
        offset = new TimeSpan(hours, minutes, 0) * (sign == '-' ? -1 : 1);
        return text.IsEmpty;
    }

    private static bool From(DateTime start, Func<DateTime, DateTime> next, out DateInterval interval)
    {
        // The year 9999 ends where the framework's instants end.
        var isLastYear = start.Year == DateTime.MaxValue.Year;
        var end =
            isLastYear && (DateTime.MaxValue - start) < (next(start.AddYears(-1)) - start.AddYears(-1)) ? DateTime.MaxValue : next(start);
        interval = new DateInterval(new DateTimeOffset(start, TimeSpan.Zero), new DateTimeOffset(end, TimeSpan.Zero));
        return true;
    }

    private static bool TryPart(ref ReadOnlySpan<byte> text, byte before, int least, int most, out int value)
    {
        value = 0;
        if (text.IsEmpty || text[0] != before)
            return false;
        text = text[1..];
        return TryNumber(ref text, 2, out value) && value >= least && value <= most;
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> text, int digits, out int value)
    {
        value = 0;
        if (text.Length < digits)
            return false;
        foreach (var digit in text[..digits])
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            value = (value * 10) + digit - '0';
        }

        text = text[digits..];
        return true;
    }
}
