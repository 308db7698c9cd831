using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Activations;
using Orleans.Calls;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Runtime;

namespace Orleans.Hosting;

/// <summary>The one silo of the embedded engine.</summary>
internal sealed partial class LocalSilo : IDisposable
{
    private readonly SiloSlot _slot = new();
    private readonly CallSender _sender;
    private ActivationCollector? _collector;
    private volatile SiloStatus _status = SiloStatus.Created;

    public LocalSilo(
        IServiceProvider services,
        TimeProvider time,
        IOptions<GrainCollectionOptions> collection,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<SiloOptions> options,
        IEnumerable<IIncomingGrainCallFilter> incomingFilters,
        IEnumerable<IOutgoingGrainCallFilter> outgoingFilters,
        ILoggerFactory loggers)
    {
        Services = services;
        Time = time;
        Collection = collection.Value;
        ResponseTimeout = messaging.Value.ResponseTimeout;
        Name = string.IsNullOrEmpty(options.Value.SiloName) ? $"Silo_{Environment.MachineName}" : options.Value.SiloName;
        IncomingFilters = [.. incomingFilters];
        Logger = loggers.CreateLogger("Orleans.Runtime.Silo");
        Classes = new GrainClassMap();
        Catalog = new Catalog(this);
        _sender = new CallSender(_slot, ResponseTimeout, time, [.. outgoingFilters]);
        GrainFactory = new GrainFactory(_sender, Classes, services);
        StartTime = time.GetUtcNow().UtcDateTime;
    }

    public IServiceProvider Services { get; }

    public TimeProvider Time { get; }

    public GrainCollectionOptions Collection { get; }

    public TimeSpan ResponseTimeout { get; }

    public string Name { get; }

    public DateTime StartTime { get; }

    /// <summary>Nothing listens there; it only tells one run of the silo from another.</summary>
    public SiloAddress Address { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), SiloAddress.AllocateNewGeneration());

    public IIncomingGrainCallFilter[] IncomingFilters { get; }

    public ILogger Logger { get; }

    public GrainClassMap Classes { get; }

    public Catalog Catalog { get; }

    public GrainFactory GrainFactory { get; }

    public SiloStatus Status => _status;

    public ActivationCollector Collector => _collector ?? throw new SiloUnavailableException("The silo is not running.");

    /// <summary>Null if the silo has no reminder service.</summary>
    public ReminderService? Reminders { get; private set; }

    /// <summary>A stopping silo only takes the calls that its grains make to finish their work.</summary>
    public bool Accepts(Activation? source) =>
        _status == SiloStatus.Active || (_status == SiloStatus.ShuttingDown && source is not null);

    public void ThrowIfNotCreating(GrainId grainId)
    {
        if (_status != SiloStatus.Active)
            throw new SiloUnavailableException($"{grainId} cannot be activated: the silo is {_status}.");
    }

    public async Task StartAsync()
    {
        _slot.Silo = this;
        _collector = new ActivationCollector(this);
        _status = SiloStatus.Active;
        Reminders = Services.GetService<ReminderService>();
        if (Reminders is not null)
            await Reminders.StartAsync();
        Started(Logger, Name, Address);
    }

    /// <summary>Takes no more calls, lets the activations end in order, and gives up on those that take too long.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_status != SiloStatus.Active)
            return;
        _status = SiloStatus.ShuttingDown;
        Reminders?.Dispose();
        _collector?.Dispose();

        var activations = Catalog.Activations.ToArray();
        foreach (var activation in activations)
            activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo is shutting down."), cancellationToken);
        var ended = Task.WhenAll(activations.Select(a => a.Deactivated));
        await ended.WaitAsync(Collection.DeactivationTimeout, Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCompleted)
            StoppedEarly(Logger, Name, activations.Count(a => !a.Deactivated.IsCompleted));
        End();
    }

    /// <summary>Drops everything, as a crash does.</summary>
    public void Kill()
    {
        Reminders?.Dispose();
        _collector?.Dispose();
        End();
    }

    public void Dispose() => _sender.Dispose();

    private void End()
    {
        _status = SiloStatus.Dead;
        _slot.Silo = null;
        var exception = new SiloUnavailableException("The silo has stopped.");
        foreach (var activation in Catalog.Activations.ToArray())
            activation.Kill(exception);
        _sender.Timeouts.FailAll(exception);
        Stopped(Logger, Name);
    }

    [LoggerMessage(1401, LogLevel.Information, "The embedded silo {Name} ({Address}) runs")]
    private static partial void Started(ILogger logger, string name, SiloAddress address);

    [LoggerMessage(1402, LogLevel.Information, "The embedded silo {Name} has stopped")]
    private static partial void Stopped(ILogger logger, string name);

    [LoggerMessage(1403, LogLevel.Warning, "The embedded silo {Name} stops although {Count} activations have not ended")]
    private static partial void StoppedEarly(ILogger logger, string name, int count);
}
