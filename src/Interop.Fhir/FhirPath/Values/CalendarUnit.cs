namespace Interop.Fhir.FhirPath.Values;

internal enum CalendarUnitKind
{
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// <summary>The calendar durations of FHIRPath (2.0, 4.1.8.2) and the UCUM codes that equal them.</summary>
internal static class CalendarUnit
{
    private static readonly Dictionary<string, CalendarUnitKind> Keywords = new(StringComparer.Ordinal)
    {
        ["year"] = CalendarUnitKind.Year,
        ["years"] = CalendarUnitKind.Year,
        ["month"] = CalendarUnitKind.Month,
        ["months"] = CalendarUnitKind.Month,
        ["week"] = CalendarUnitKind.Week,
        ["weeks"] = CalendarUnitKind.Week,
        ["day"] = CalendarUnitKind.Day,
        ["days"] = CalendarUnitKind.Day,
        ["hour"] = CalendarUnitKind.Hour,
        ["hours"] = CalendarUnitKind.Hour,
        ["minute"] = CalendarUnitKind.Minute,
        ["minutes"] = CalendarUnitKind.Minute,
        ["second"] = CalendarUnitKind.Second,
        ["seconds"] = CalendarUnitKind.Second,
        ["millisecond"] = CalendarUnitKind.Millisecond,
        ["milliseconds"] = CalendarUnitKind.Millisecond,
    };

    public static bool IsKeyword(string word) => Keywords.ContainsKey(word);

    /// <summary>Whole weeks and shorter, by keyword or UCUM code; 'mo' and 'a' are means, and no calendar durations.</summary>
    public static bool TryFromCode(string code, out CalendarUnitKind unit)
    {
        if (Keywords.TryGetValue(code, out unit))
            return true;
        CalendarUnitKind? known = code switch
        {
            "wk" => CalendarUnitKind.Week,
            "d" => CalendarUnitKind.Day,
            "h" => CalendarUnitKind.Hour,
            "min" => CalendarUnitKind.Minute,
            "s" => CalendarUnitKind.Second,
            "ms" => CalendarUnitKind.Millisecond,
            _ => null,
        };
        unit = known ?? default;
        return known.HasValue;
    }

    public static long Ticks(CalendarUnitKind unit) =>
        unit switch
        {
            CalendarUnitKind.Week => 7 * TimeSpan.TicksPerDay,
            CalendarUnitKind.Day => TimeSpan.TicksPerDay,
            CalendarUnitKind.Hour => TimeSpan.TicksPerHour,
            CalendarUnitKind.Minute => TimeSpan.TicksPerMinute,
            CalendarUnitKind.Second => TimeSpan.TicksPerSecond,
            CalendarUnitKind.Millisecond => TimeSpan.TicksPerMillisecond,
            _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "years and months have no fixed length"),
        };

    /// <summary>UCUM's mean year or month for a calendar one; null for other durations, which are UCUM units themselves.</summary>
    public static string? MeanUcum(string keyword) =>
        Keywords[keyword] switch
        {
            CalendarUnitKind.Year => "a",
            CalendarUnitKind.Month => "mo",
            _ => null,
        };

    /// <summary>The UCUM unit that a calendar duration is compared by; years and months are their own kind, months.</summary>
    public static string ToUcum(string keyword) =>
        Keywords[keyword] switch
        {
            CalendarUnitKind.Year => UcumUnit.CalendarYear,
            CalendarUnitKind.Month => UcumUnit.CalendarMonth,
            CalendarUnitKind.Week => "wk",
            CalendarUnitKind.Day => "d",
            CalendarUnitKind.Hour => "h",
            CalendarUnitKind.Minute => "min",
            CalendarUnitKind.Second => "s",
            _ => "ms",
        };
}
