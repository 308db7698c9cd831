using Orleans.Runtime;

namespace Orleans;

/// <summary>The base of grain classes.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Called by the engine while it creates an activation.</summary>
    protected Grain()
        : this(RuntimeContext.Current!) { }

    private protected Grain(IGrainContext grainContext) => GrainContext = grainContext;

    /// <summary>The activation.</summary>
    public IGrainContext GrainContext { get; }

    /// <summary>A reference to this grain.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>The grain's id for log messages.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>Creates references to other grains.</summary>
    protected IGrainFactory GrainFactory => Activation.GrainFactory;

    /// <summary>The services of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    private IActivationContext Activation => (IActivationContext)GrainContext;

#pragma warning disable CA1725 // Orleans calls the parameter "token" in the interface and "cancellationToken" here

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;
#pragma warning restore CA1725

    /// <summary>Ends this activation after the current calls; calls that arrive meanwhile go to the next activation.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>
    /// Keeps this activation from being collected for at least this long; <see cref="Timeout.InfiniteTimeSpan"/> for ever. Zero, or another
    /// negative time, cancels an earlier delay.
    /// </summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
