using Orleans.Runtime;

namespace Orleans;

/// <summary>Identity of grains and references.</summary>
public static class GrainExtensions
{
    /// <summary>The id of a grain or of the grain that a reference addresses.</summary>
    public static GrainId GetGrainId(this IAddressable grain) => ReferenceOf(grain).GrainId;

    /// <summary>The key as text.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key.ToString();

    /// <exception cref="InvalidOperationException">The key is not a Guid.</exception>
    public static Guid GetPrimaryKey(this IAddressable grain) =>
        grain.GetGrainId() is var id && id.TryGetGuidKey(out var key, out _)
            ? key
            : throw new InvalidOperationException($"The key of {id} is not a Guid.");

    /// <exception cref="InvalidOperationException">The key is not an integer.</exception>
    public static long GetPrimaryKeyLong(this IAddressable grain) =>
        grain.GetGrainId() is var id && id.TryGetIntegerKey(out var key, out _)
            ? key
            : throw new InvalidOperationException($"The key of {id} is not an integer.");

    /// <summary>A reference to this grain. A grain passes references to others, never itself.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
    {
        var reference = ReferenceOf(grain);
        return reference is TGrainInterface already ? already : (TGrainInterface)(object)reference.CastTo(typeof(TGrainInterface));
    }

    /// <summary>The same grain by another of its interfaces.</summary>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    private static GrainReference ReferenceOf(IAddressable grain) =>
        grain switch
        {
            GrainReference reference => reference,
            IGrainBase { GrainContext: { } context } => context.GrainReference,
            _ => throw new ArgumentException($"{grain.GetType()} is neither a grain of a silo nor a reference to one.", nameof(grain)),
        };
}
