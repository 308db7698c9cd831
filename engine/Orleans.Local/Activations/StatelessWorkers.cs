using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>The activations of one key of a stateless worker. A new one is created when all are busy, up to the limit of the
/// class.</summary>
internal sealed class StatelessWorkers(SiloContext silo, GrainClass grainClass, GrainId grainId)
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
                // Started only now, so that a failing activation fails this call and no later one.
                if (isNew)
                    activation.Start(work.CallerContext);
                return;
            }

            // The activation ended after it was picked. It has left the list, or will do so at once.
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
