using Orleans.Calls;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>The activations of one key of a stateless worker: a new one whenever all are busy, up to the class's maximum.</summary>
internal sealed class StatelessWorkers(LocalSilo silo, GrainClass grainClass, GrainId grainId)
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _activations = [];

    public Activation[] Activations
    {
        get
        {
            lock (_gate)
                return [.. _activations];
        }
    }

    public void Dispatch(ActivationWork work)
    {
        while (true)
        {
            var (activation, isNew) = Pick();
            if (activation.TryEnqueue(work))
            {
                // Only now, so that one that fails to activate fails this call and no later one.
                if (isNew)
                    activation.Start((work as GrainCall)?.Context);
                return;
            }

            // That one ended between the choice and the call; it has left the list, or is about to.
            Thread.Yield();
        }
    }

    public void Remove(Activation activation)
    {
        lock (_gate)
            _activations.Remove(activation);
    }

    private (Activation Activation, bool IsNew) Pick()
    {
        lock (_gate)
        {
            var least = _activations.Where(a => !a.IsEnded).MinBy(a => a.Load);
            if (least is not null && (least.Load == 0 || _activations.Count >= grainClass.MaxWorkers))
                return (least, false);

            silo.ThrowIfNotCreating(grainId);
            var activation = new Activation(silo, grainClass, grainId, this);
            _activations.Add(activation);
            return (activation, true);
        }
    }
}
