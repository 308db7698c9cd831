namespace Interop.Anomaly.Models;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every version of .NET.</summary>
internal struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 up to, not including, the limit.</summary>
    public int Next(int limit) => (int)(((UInt128)Next() * (ulong)limit) >> 64);

    /// <summary>From 0 up to, not including, 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
