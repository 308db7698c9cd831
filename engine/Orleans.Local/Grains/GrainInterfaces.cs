using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>A target of calls.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    /// <summary>The root of grain interfaces; a grain interface derives from the one that names its kind of key.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain whose key is a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>A grain whose key is a <see cref="Guid"/>.</summary>
    public interface IGrainWithGuidKey : IGrain;

    /// <summary>A grain whose key is a 64-bit integer.</summary>
    public interface IGrainWithIntegerKey : IGrain;

    /// <summary>What the engine requires of a grain class.</summary>
    public interface IGrainBase
    {
        /// <summary>The activation.</summary>
        IGrainContext GrainContext { get; }

        /// <summary>Runs after the state is read and before the first call. If it throws, the waiting calls fail and the activation is
        /// discarded.</summary>
        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

        /// <summary>Runs before a graceful end of the activation. Do not rely on it: it does not run when the process crashes.</summary>
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }

    /// <summary>Creates references to grains. Creating one does not activate the grain; the first call does.</summary>
    public interface IGrainFactory
    {
        /// <summary>A reference to the grain with this string key. With a prefix, the class whose name begins with it.</summary>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;

        /// <summary>A reference to the grain with this Guid key. With a prefix, the class whose name begins with it.</summary>
        TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithGuidKey;

        /// <summary>A reference to the grain with this integer key. With a prefix, the class whose name begins with it.</summary>
        TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithIntegerKey;

        /// <summary>A reference to the grain with this id.</summary>
        TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
            where TGrainInterface : IAddressable;
    }

    /// <summary>Calls grains from code that is not a grain.</summary>
    public interface IClusterClient : IGrainFactory
    {
        /// <summary>The services of the client.</summary>
        IServiceProvider ServiceProvider { get; }
    }
}
