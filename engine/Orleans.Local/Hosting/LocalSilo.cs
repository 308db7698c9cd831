using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Activations;
using Orleans.Calls;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Runtime;
using Orleans.State;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>The one silo of the embedded engine: starts and stops it.</summary>
internal sealed partial class LocalSilo : IDisposable
{
    private readonly SiloSlot _slot = new();
    private readonly CallSender _sender;
    private ReminderService? _reminders;

    public LocalSilo(
        IServiceProvider services,
        TimeProvider time,
        IOptions<GrainCollectionOptions> collection,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<SiloOptions> options,
        IEnumerable<IIncomingGrainCallFilter> incomingFilters,
        IEnumerable<IOutgoingGrainCallFilter> outgoingFilters,
        ILoggerFactory loggers
    )
    {
        Context = new SiloContext
        {
            Services = services,
            Time = time,
            Collection = collection.Value,
            ResponseTimeout = messaging.Value.ResponseTimeout,
            Name = string.IsNullOrEmpty(options.Value.SiloName) ? $"Silo_{Environment.MachineName}" : options.Value.SiloName,
            StartTime = time.GetUtcNow().UtcDateTime,
            IncomingFilters = [.. incomingFilters],
            States = new StateFactory(),
            Logger = loggers.CreateLogger("Orleans.Runtime.Silo"),
        };
        _sender = new CallSender(_slot, Context.ResponseTimeout, time, [.. outgoingFilters]);
        GrainFactory = new GrainFactory(_sender, Context.Classes, services);
        Context.GrainFactory = GrainFactory;
    }

    public SiloContext Context { get; }

    public GrainFactory GrainFactory { get; }

    /// <exception cref="OrleansConfigurationException">A storage or the reminder service has a wrong setting.</exception>
    public async Task StartAsync()
    {
        foreach (var storage in Context.Services.GetServices<StorageName>())
            Context.Services.GetRequiredKeyedService<IGrainStorage>(storage.Name);
        _slot.Silo = Context;
        Context.Collector = new ActivationCollector(Context);
        Context.Status = SiloStatus.Active;
        _reminders = Context.Services.GetService<ReminderService>();
        if (_reminders is not null)
            await _reminders.StartAsync();
        Started(Context.Logger, Context.Name, Context.Address);
    }

    /// <summary>Refuses further calls, deactivates all activations, and stops waiting for those that exceed the deactivation
    /// timeout.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Context.Status != SiloStatus.Active)
            return;
        Context.Status = SiloStatus.ShuttingDown;
        StopTimers();

        var activations = Context.Catalog.Activations.ToArray();
        foreach (var activation in activations)
            activation.Deactivate(
                new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo is shutting down."),
                cancellationToken
            );
        var ended = Task.WhenAll(activations.Select(a => a.Deactivated));
        await ended
            .WaitAsync(Context.Collection.DeactivationTimeout, Context.Time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCompleted)
            StoppedEarly(Context.Logger, Context.Name, activations.Count(a => !a.Deactivated.IsCompleted));
        End();
    }

    /// <summary>Ends the silo as a crash does, without OnDeactivateAsync.</summary>
    public void Kill()
    {
        StopTimers();
        End();
    }

    public void Dispose() => _sender.Dispose();

    private void StopTimers()
    {
        _reminders?.Dispose();
        if (Context.Status != SiloStatus.Created)
            Context.Collector.Dispose();
    }

    private void End()
    {
        Context.Status = SiloStatus.Dead;
        _slot.Silo = null;
        var exception = new SiloUnavailableException("The silo has stopped.");
        foreach (var activation in Context.Catalog.Activations.ToArray())
            activation.Kill(exception);
        _sender.FailAll(exception);
        Stopped(Context.Logger, Context.Name);
    }

    [LoggerMessage(1401, LogLevel.Information, "The embedded silo {Name} ({Address}) runs")]
    private static partial void Started(ILogger logger, string name, SiloAddress address);

    [LoggerMessage(1402, LogLevel.Information, "The embedded silo {Name} has stopped")]
    private static partial void Stopped(ILogger logger, string name);

    [LoggerMessage(1403, LogLevel.Warning, "The embedded silo {Name} stops although {Count} activations have not ended")]
    private static partial void StoppedEarly(ILogger logger, string name, int count);
}
