using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>The IPv4 addresses that accesses come from.</summary>
internal static class Workstations
{
    /// <summary>Marks a place outside of the hospital.</summary>
    public const ushort Outside = ushort.MaxValue;

    private const int PerPlace = 14;
    private const int UsualPerAgent = 3;

    /// <summary>A workstation of the place; an agent uses a few of them most of the time.</summary>
    public static uint At(ulong seed, int place, int agent, ref SplitMix random)
    {
        var number = random.Chance(92)
            ? SplitMix.For(seed, 0x10CA1, ((long)place << 32) + agent * (long)UsualPerAgent + random.Next(UsualPerAgent)).Next(PerPlace)
            : random.Next(PerPlace);
        return Address(10, place >> 8, place & 255, 10 + number);
    }

    /// <summary>The agent's own connection from home.</summary>
    public static uint Home(int agent) => Address(172, 16 + ((agent >> 16) & 15), (agent >> 8) & 255, agent & 255);

    /// <summary>A patient's home connection.</summary>
    public static uint Portal(int patient) => Address(100, 64 + ((patient >> 16) & 63), (patient >> 8) & 255, patient & 255);

    public static uint Server(int agent) => Address(10, 255, 1, agent & 255);

    public static uint Foreign(ref SplitMix random) =>
        Address(random.Pick((int[])[45, 91, 141, 185, 193]), random.Next(256), random.Next(256), random.Between(1, 254));

    private static uint Address(int a, int b, int c, int d) => ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | (uint)d;
}
