using System.Globalization;
using System.Text;

namespace Interop.Telemetry.Events;

/// <summary>Reads instants in the forms that senders use.</summary>
internal static class EventInstant
{
    private static ReadOnlySpan<int> PowersOfTen => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    /// <summary>An ISO-8601 instant (UTC where it has no offset), or null.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> text)
    {
        if (ParseUsual(text) is { } usual)
            return usual;
        return
            text.Length is >= 10 and < 64
            && DateTimeOffset.TryParse(
                Encoding.UTF8.GetString(text),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var instant
            )
            ? instant
            : null;
    }

    /// <summary>The usual form, <c>2026-03-01T10:00:00Z</c> with up to seven fraction digits, in a tenth of the general parser's
    /// time.</summary>
    private static DateTimeOffset? ParseUsual(ReadOnlySpan<byte> text)
    {
        if (
            text.Length is < 20 or > 28
            || text[^1] != 'Z'
            || text[4] != '-'
            || text[7] != '-'
            || text[10] != 'T'
            || text[13] != ':'
            || text[16] != ':'
        )
            return null;
        var (year, month, day) = (Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]));
        var (hour, minute, second) = (Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]));
        var fraction = text[19..^1];
        if (
            year < 1
            || month is < 1 or > 12
            || day < 1
            || day > DateTime.DaysInMonth(year, month)
            || hour is < 0 or > 23
            || minute is < 0 or > 59
            || second is < 0 or > 59
            || (fraction.Length > 0 && (fraction[0] != '.' || fraction.Length == 1 || Digits(fraction[1..]) < 0))
        )
        {
            return null;
        }

        var ticks = fraction.Length > 0 ? Digits(fraction[1..]) * PowersOfTen[8 - fraction.Length] : 0;
        return new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).AddTicks(ticks);
    }

    /// <summary>The number, or -1 if another character is among the digits.</summary>
    private static int Digits(ReadOnlySpan<byte> text)
    {
        var number = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return -1;
            number = number * 10 + (c - '0');
        }

        return number;
    }
}
