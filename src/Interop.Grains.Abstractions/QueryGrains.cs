namespace Interop;

/// <summary>A stateless grain whose calls may be repeated: it only reads, or a repetition changes nothing.</summary>
[Alias("Interop.IQueryGrain")]
public interface IQueryGrain : IGrainWithIntegerKey;

/// <summary>Access to query grains.</summary>
public static class QueryGrains
{
    private const int Keys = 8;

    /// <summary>
    /// A query grain under one of several keys. Different silos serve different keys, so the failure of one silo does not fail every read.
    /// </summary>
    public static TGrain GetQuery<TGrain>(this IGrainFactory grains)
        where TGrain : IQueryGrain
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<TGrain>(Random.Shared.Next(Keys));
    }
}
