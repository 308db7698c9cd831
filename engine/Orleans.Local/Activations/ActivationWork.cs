namespace Orleans.Activations;

/// <summary>Work that takes a turn of an activation: a call, a tick of a timer, the next step of an enumeration.</summary>
internal abstract class ActivationWork
{
    /// <summary>May run between the awaits of any other work.</summary>
    public abstract bool AlwaysInterleave { get; }

    /// <summary>May run between the awaits of other read-only work.</summary>
    public virtual bool ReadOnly => false;

    /// <summary>The id of the call chain, if the chain may re-enter activations that allowed it.</summary>
    public virtual Guid ReentrancyId => Guid.Empty;

    /// <summary>Counts as use of the activation, which keeps it from being collected.</summary>
    public virtual bool KeepsAlive => true;

    /// <summary>The caller no longer waits. Work that has not begun is dropped.</summary>
    public virtual bool IsAbandoned => false;

    /// <summary>The request context of the caller; an activation that this work creates starts with it.</summary>
    public virtual Dictionary<string, object>? CallerContext => null;

    /// <summary>How many activations ended, without running any work, while this work waited in them.</summary>
    public int Hops { get; set; }

    /// <summary>The activation that runs the work; null until it begins.</summary>
    public Activation? Activation { get; set; }

    /// <summary>Called when an activation has taken the work, which may still wait there.</summary>
    public virtual void OnEnqueued(Activation activation) { }

    /// <summary>Runs on the scheduler of the activation, and calls <see cref="Activation.Finish"/> when it has completed.</summary>
    public abstract void Run();

    /// <summary>The activation ended or failed to start, and no other activation takes the work.</summary>
    public abstract void Reject(Exception exception);

    /// <summary>The activation ended before the work began: true if the next activation of the grain takes it.</summary>
    public virtual bool MovesOn => true;
}
