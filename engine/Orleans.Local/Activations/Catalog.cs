using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>The activations of a silo: at most one per grain, except for stateless workers.</summary>
internal sealed class Catalog(SiloContext silo)
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ConcurrentDictionary<GrainId, StatelessWorkers> _workers = new();

    public IEnumerable<Activation> Activations => _activations.Values.Concat(_workers.Values.SelectMany(w => w.Activations));

    /// <summary>Passes work to the grain's activation, and creates one if there is none.</summary>
    public void Dispatch(ActivationWork work, GrainId grainId)
    {
        try
        {
            if (!_activations.TryGetValue(grainId, out var activation) && _workers.TryGetValue(grainId, out var workers))
            {
                workers.Dispatch(work);
                return;
            }

            while (true)
            {
                if (activation is null)
                {
                    if (!TryCreate(grainId, work, out activation))
                        return;
                }

                if (activation.TryEnqueue(work))
                {
                    work.OnEnqueued(activation);
                    return;
                }

                _activations.TryGetValue(grainId, out activation);
            }
        }
        catch (Exception exception)
        {
            work.Reject(exception);
        }
    }

    public void Remove(Activation activation)
    {
        if (activation.Pool is { } pool)
            pool.Remove(activation);
        else
            _activations.TryRemove(new KeyValuePair<GrainId, Activation>(activation.GrainId, activation));
    }

    /// <summary>
    /// Creates the grain's activation and passes it the work before it starts, so that an activation that fails at once fails this call and
    /// no later one. Returns true if a concurrent call created the activation first: then <paramref name="other"/> must take the work.
    /// </summary>
    private bool TryCreate(GrainId grainId, ActivationWork work, [NotNullWhen(true)] out Activation? other)
    {
        other = null;
        silo.ThrowIfNotCreating(grainId);
        if (!silo.Classes.TryGet(grainId.Type, out var grainClass))
            throw new ArgumentException($"No grain class of the application has the type \"{grainId.Type}\".");

        if (grainClass.MaxWorkers > 0)
        {
            _workers
                .GetOrAdd(grainId, static (id, args) => new StatelessWorkers(args.silo, args.grainClass, id), (silo, grainClass))
                .Dispatch(work);
            return false;
        }

        var created = new Activation(silo, grainClass, grainId);
        var activation = _activations.GetOrAdd(grainId, created);
        if (!ReferenceEquals(activation, created) || !activation.TryEnqueue(work))
        {
            other = activation;
            return true;
        }

        work.OnEnqueued(activation);
        activation.Start(work.CallerContext);
        return false;
    }
}
