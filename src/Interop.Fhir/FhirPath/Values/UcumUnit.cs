using System.Collections.Concurrent;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>
/// A unit of the Unified Code for Units of Measure as a factor of the base units. Supported: metric prefixes, products, quotients,
/// powers, annotations, and the units of <see cref="UcumTable"/>; temperatures carry an offset. Arbitrary and logarithmic units
/// ([iU], [pH], B) are not supported: they compare only with themselves. The factor is <c>Factor / Divisor</c>, because one sixtieth has no
/// finite decimal.
/// </summary>
internal sealed record UcumUnit(decimal Factor, Dimension Dimension, decimal Divisor = 1, decimal Offset = 0)
{
    public static UcumUnit operator *(UcumUnit a, UcumUnit b) => new(a.Factor * b.Factor, a.Dimension + b.Dimension, a.Divisor * b.Divisor);

    public static UcumUnit operator /(UcumUnit a, UcumUnit b) => new(a.Factor * b.Divisor, a.Dimension - b.Dimension, a.Divisor * b.Factor);

    /// <summary>Calendar months and years are no UCUM: 1 year is not 1 'a' (FHIRPath 2.0, 4.1.8.2).</summary>
    public const string CalendarMonth = "{month}calendar";

    public const string CalendarYear = "{year}calendar";

    /// <summary>Codes come from data, so the cache is bounded: further codes are parsed each time.</summary>
    private const int CacheSize = 4096;

    private static readonly ConcurrentDictionary<string, UcumUnit?> Cache = new(StringComparer.Ordinal);

    public static UcumUnit? TryParse(string code)
    {
        if (Cache.TryGetValue(code, out var known))
            return known;
        var unit = code switch
        {
            CalendarMonth => new UcumUnit(1, new Dimension { Month = 1 }),
            CalendarYear => new UcumUnit(12, new Dimension { Month = 1 }),
            _ => UcumParser.TryParse(code),
        };
        if (Cache.Count < CacheSize)
            Cache[code] = unit;
        return unit;
    }

    /// <summary>The value in the other unit; null where they do not measure the same, or the number leaves decimal's range.</summary>
    public static decimal? TryConvert(decimal value, UcumUnit from, UcumUnit to)
    {
        if (from.Dimension != to.Dimension)
            return null;
        if (from == to)
            return value;
        try
        {
            return ((value + from.Offset) * (from.Factor * to.Divisor) / (from.Divisor * to.Factor)) - to.Offset;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
