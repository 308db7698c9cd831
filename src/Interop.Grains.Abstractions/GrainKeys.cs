namespace Interop;

/// <summary>Keys of grains without an identity of their own. Grains with one have a helper in their feature's folder.</summary>
public static class GrainKeys
{
    /// <summary>The key of a stateless worker: one key, any number of activations.</summary>
    public const long StatelessWorker = 0;
}
