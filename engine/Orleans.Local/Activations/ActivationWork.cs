namespace Orleans.Activations;

/// <summary>Something that takes a turn of an activation: a call, a tick of a timer, the next step of an enumeration.</summary>
internal abstract class ActivationWork
{
    /// <summary>May run between the awaits of any other work.</summary>
    public abstract bool AlwaysInterleave { get; }

    /// <summary>May run between the awaits of other read-only work.</summary>
    public virtual bool ReadOnly => false;

    /// <summary>The call chain that this work belongs to, if the chain may come back to activations that allowed it.</summary>
    public virtual Guid ReentrancyId => Guid.Empty;

    /// <summary>Counts as use of the activation, which keeps it from being collected.</summary>
    public virtual bool KeepsAlive => true;

    /// <summary>Nobody waits for it any more; work that has not begun is dropped.</summary>
    public virtual bool IsAbandoned => false;

    /// <summary>How many activations that took no work at all ended while this work waited in them.</summary>
    public int Hops { get; set; }

    /// <summary>Where the work runs, from when it begins.</summary>
    public Activation? Activation { get; set; }

    /// <summary>Runs on the scheduler of the activation, and calls <see cref="Activation.Finish"/> when it is done, however long after.</summary>
    public abstract void Run();

    /// <summary>The activation ended, or never began, and no other one takes the work.</summary>
    public abstract void Reject(Exception exception);

    /// <summary>The activation ended before the work began: true if the next activation of the grain should take it.</summary>
    public virtual bool MovesOn => true;
}
