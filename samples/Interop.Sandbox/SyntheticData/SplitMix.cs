namespace Interop.Sandbox.SyntheticData;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014). System.Random does not promise the same sequence in every version, and the same seed must give
/// the same bytes on every machine and every runtime. Integers only, so that rounding cannot differ.
/// </summary>
internal struct SplitMix(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = seed;

    /// <summary>The generator of one thing: each resource draws from its own, so that it can be rendered alone and in any order.</summary>
    public static SplitMix For(ulong seed, ulong stream, long number) =>
        new(Mix(Mix(seed + Golden) ^ Mix(stream * Golden + 1) ^ Mix((ulong)number + 0x5851F42D4C957F2D)));

    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in [0, below).</summary>
    public int Next(int below) => (int)(((Next() >> 32) * (ulong)below) >> 32);

    /// <summary>Uniform in [from, to].</summary>
    public int Between(int from, int to) => from + Next(to - from + 1);

    public bool Chance(int percent) => Next(100) < percent;

    public T Pick<T>(T[] items) => items[Next(items.Length)];

    /// <summary>Bell-shaped in [-1000, 1000]: the mean of four uniforms.</summary>
    public int Bell() => (Between(-1000, 1000) + Between(-1000, 1000) + Between(-1000, 1000) + Between(-1000, 1000)) / 4;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
