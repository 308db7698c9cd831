namespace Interop;

/// <summary>A stateless grain whose calls may be repeated: it only reads, or a repetition changes nothing.</summary>
[Alias("Interop.IQueryGrain")]
public interface IQueryGrain : IGrainWithIntegerKey;

/// <summary>Access to query grains.</summary>
public static class QueryGrains
{
    private const int Keys = 8;

    /// <summary>
    /// A query grain under one of several keys. Different silos serve different keys, so a call that fails with its silo, or that is not
    /// answered for a moment, is repeated under another key, and the first answer counts (<see cref="RepeatedCalls"/>).
    /// </summary>
    public static TGrain GetQuery<TGrain>(this IGrainFactory grains)
        where TGrain : class, IQueryGrain => QueryProxy<TGrain>.Create(grains);

    /// <summary>The key of a query grain, chosen at random. For calls that must not be repeated.</summary>
    public static long AnyKey() => Random.Shared.Next(Keys);

    /// <summary>The key after <paramref name="key"/>: repetitions use every key once before they use one again.</summary>
    internal static long OtherKey(long key) => (key + 1) % Keys;
}
