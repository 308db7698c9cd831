using System.Globalization;
using System.Text.RegularExpressions;

namespace Interop.Sandbox.Fhir;

/// <summary>
/// One `_lastUpdated` parameter. A value stands for the whole interval of its precision ("2026-01" is January), and a prefix compares with
/// that interval (https://hl7.org/fhir/R4/search.html#prefix).
/// </summary>
internal sealed partial record LastUpdatedCondition(string Prefix, long FromTicks, long ToTicks)
{
    [GeneratedRegex(
        @"^(eq|ne|gt|lt|ge|le|sa|eb)?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+ -]\d\d:\d\d)?)?)?)?$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Pattern { get; }

    public bool Holds(long ticks) =>
        Prefix switch
        {
            "eq" => ticks >= FromTicks && ticks < ToTicks,
            "ne" => ticks < FromTicks || ticks >= ToTicks,
            "gt" or "sa" => ticks >= ToTicks,
            "ge" => ticks >= FromTicks,
            "lt" or "eb" => ticks < FromTicks,
            _ => ticks < ToTicks,
        };

    public static bool TryParse(string text, out LastUpdatedCondition condition)
    {
        condition = null!;
        var match = Pattern.Match(text);
        if (!match.Success)
            return false;
        int Part(int group, int otherwise) =>
            match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : otherwise;
        if (
            Part(2, 0) is < 1 or > 9998
            || Part(3, 1) is < 1 or > 12
            || Part(4, 1) < 1
            || Part(4, 1) > DateTime.DaysInMonth(Part(2, 1), Part(3, 1))
            || Part(5, 0) > 23
            || Part(6, 0) > 59
            || Part(7, 0) > 59
        )
            return false;

        var start = new DateTime(Part(2, 1), Part(3, 1), Part(4, 1), Part(5, 0), Part(6, 0), Part(7, 0), DateTimeKind.Utc);
        DateTime end;
        if (match.Groups[8].Success)
        {
            var digits = match.Groups[8].Value.PadRight(7, '0')[..7];
            start = start.AddTicks(long.Parse(digits, CultureInfo.InvariantCulture));
            end = start.AddTicks((long)Math.Pow(10, Math.Max(0, 7 - match.Groups[8].Length)));
        }
        else
        {
            end =
                match.Groups[7].Success ? start.AddSeconds(1)
                : match.Groups[5].Success ? start.AddMinutes(1)
                : match.Groups[4].Success ? start.AddDays(1)
                : match.Groups[3].Success ? start.AddMonths(1)
                : start.AddYears(1);
        }
        var offset = OffsetTicks(match.Groups[9].Value);
        condition = new LastUpdatedCondition(
            match.Groups[1].Success ? match.Groups[1].Value : "eq",
            start.Ticks - offset,
            end.Ticks - offset
        );
        return true;
    }

    // A "+" that a client did not escape arrives as a space.
    private static long OffsetTicks(string zone) =>
        zone is "" or "Z"
            ? 0
            : (zone[0] == '-' ? -1 : 1) * TimeSpan.ParseExact(zone.AsSpan(1), @"hh\:mm", CultureInfo.InvariantCulture).Ticks;
}
