using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>Creates references; the silo's implementation is the grain factory.</summary>
internal interface IReferenceFactory : IGrainFactory
{
    GrainReference CreateReference(Type interfaceType, GrainId grainId);
}

/// <summary>Creates the persistent states that the constructors of grains ask for.</summary>
internal interface IStateFactory
{
    /// <param name="activation">The activation of the grain.</param>
    /// <param name="attribute">Name and storage of the state.</param>
    /// <param name="parameterType">The closed type <see cref="IPersistentState{TState}"/>.</param>
    object Create(Activation activation, PersistentStateAttribute attribute, Type parameterType);
}

/// <summary>The silo as its activations see it: its services, settings, grain classes and status.</summary>
internal sealed class SiloContext
{
    private volatile SiloStatus _status = SiloStatus.Created;
    private ActivationCollector? _collector;

    public SiloContext()
    {
        Classes = new GrainClassMap();
        Catalog = new Catalog(this);
    }

    public required IServiceProvider Services { get; init; }

    public required TimeProvider Time { get; init; }

    public required GrainCollectionOptions Collection { get; init; }

    public required TimeSpan ResponseTimeout { get; init; }

    public required string Name { get; init; }

    public required DateTime StartTime { get; init; }

    public required IIncomingGrainCallFilter[] IncomingFilters { get; init; }

    public required IStateFactory States { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>No process listens at this address; it only distinguishes one run of the silo from another.</summary>
    public SiloAddress Address { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), SiloAddress.AllocateNewGeneration());

    public GrainClassMap Classes { get; }

    public Catalog Catalog { get; }

    /// <summary>Set before the silo starts.</summary>
    public IReferenceFactory GrainFactory { get; set; } = null!;

    public SiloStatus Status
    {
        get => _status;
        set => _status = value;
    }

    public ActivationCollector Collector
    {
        get => _collector ?? throw new SiloUnavailableException("The silo is not running.");
        set => _collector = value;
    }

    /// <summary>A stopping silo only takes the calls that its grains make to finish their work.</summary>
    public bool Accepts(IActivationContext? source) =>
        _status == SiloStatus.Active || (_status == SiloStatus.ShuttingDown && source is not null);

    /// <exception cref="SiloUnavailableException">The silo does not run.</exception>
    public void ThrowIfNotCreating(GrainId grainId)
    {
        if (_status != SiloStatus.Active)
            throw new SiloUnavailableException($"{grainId} cannot be activated: the silo is {_status}.");
    }
}
