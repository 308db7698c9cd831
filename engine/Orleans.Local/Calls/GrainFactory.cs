using System.Collections.Concurrent;
using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>Creates references to grains.</summary>
internal sealed class GrainFactory(CallSender sender, GrainClassMap classes, IServiceProvider services) : IClusterClient, IReferenceFactory
{
    private readonly ConcurrentDictionary<(Type, string?), GrainType> _types = new();

    public IServiceProvider ServiceProvider => services;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(primaryKey);
        return Create<TGrainInterface>(IdSpan.Create(primaryKey), grainClassNamePrefix);
    }

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey =>
        Create<TGrainInterface>(GrainIdKeyExtensions.CreateGuidKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey =>
        Create<TGrainInterface>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => (TGrainInterface)(object)CreateReference(typeof(TGrainInterface), grainId);

    public GrainReference CreateReference(Type interfaceType, GrainId grainId) => ProxyBuilder.Create(interfaceType, sender, grainId);

    private TGrainInterface Create<TGrainInterface>(IdSpan key, string? classNamePrefix)
    {
        var grainType = _types.GetOrAdd(
            (typeof(TGrainInterface), classNamePrefix),
            static (key, classes) => classes.Find(key.Item1, key.Item2).GrainType,
            classes
        );
        return (TGrainInterface)(object)CreateReference(typeof(TGrainInterface), new GrainId(grainType, key));
    }
}
