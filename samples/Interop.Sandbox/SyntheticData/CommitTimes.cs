using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>
/// When each resource was written, as a real server has it: resources come in transactions, whose members share one instant. Most
/// transactions hold a few resources; bulk loads hold more than a page of 100, which is what breaks a cursor that trusts `_lastUpdated`
/// alone.
/// </summary>
internal static class CommitTimes
{
    private const int BulkLoad = 130;
    private const int BulkLoadEvery = 4096;

    /// <summary>The fraction digits that the instants of a transaction need: servers keep seconds, milliseconds, microseconds or 100
    /// ns.</summary>
    private static readonly int[] Precisions = [0, 3, 3, 3, 6, 7];
    private static readonly int[] Offsets = [0, 0, 0, 0, 0, -300, 60, 330, -480];

    /// <summary>UTC ticks by resource number.</summary>
    public static long[] Generate(ulong seed, ulong stream, int count, DateTimeOffset start, DateTimeOffset end)
    {
        var random = SplitMix.For(seed, stream ^ 0xC0FFEE, 0);
        var spanMilliseconds = (long)(end - start).TotalMilliseconds;
        var ticks = new long[count];
        var nextBulkLoad = count >= 2 * BulkLoad ? 0 : int.MaxValue;
        for (var number = 0; number < count; )
        {
            int members;
            if (number >= nextBulkLoad)
            {
                members = BulkLoad;
                nextBulkLoad += BulkLoadEvery;
            }
            else
            {
                members = random.Chance(4) ? random.Between(12, 40) : random.Between(1, 6);
            }
            var instant =
                start.UtcTicks
                + (long)(random.Next() % (ulong)spanMilliseconds) * TimeSpan.TicksPerMillisecond
                + random.Next((int)TimeSpan.TicksPerMillisecond);
            var unit = 1L;
            for (var digits = random.Pick(Precisions); digits < 7; digits++)
                unit *= 10;
            instant -= instant % unit;
            for (; members > 0 && number < count; members--, number++)
                ticks[number] = instant;
        }
        return ticks;
    }

    /// <summary>Writes the instant as one of many servers would: its shortest text, padded fractions, other offsets. All of them are the
    /// same instant.</summary>
    public static void AppendText(long utcTicks, ref SplitMix random, Utf8Builder text)
    {
        var needed = 7;
        for (var fraction = utcTicks % TimeSpan.TicksPerSecond; needed > 0 && fraction % 10 == 0; fraction /= 10)
            needed--;
        var digits = needed switch
        {
            0 => random.Chance(50) ? 0 : 3,
            <= 3 => random.Chance(70) ? 3
            : random.Chance(50) ? needed
            : 6,
            _ => random.Chance(80) ? Math.Max(needed, 6) : 7,
        };
        text.AppendInstant(utcTicks, digits, random.Pick(Offsets));
    }
}
