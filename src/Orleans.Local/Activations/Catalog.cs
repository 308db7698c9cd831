using System.Collections.Concurrent;
using Orleans.Calls;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>The activations of a silo: at most one per grain, except for stateless workers.</summary>
internal sealed class Catalog(LocalSilo silo)
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ConcurrentDictionary<GrainId, StatelessWorkers> _workers = new();

    public IEnumerable<Activation> Activations => _activations.Values.Concat(_workers.Values.SelectMany(w => w.Activations));

    /// <summary>Hands work to the grain's activation, making one if there is none.</summary>
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
                activation ??= Create(grainId, work);
                if (activation is null)
                    return;
                if (activation.TryEnqueue(work))
                {
                    if (work is GrainCall call)
                        call.Reference.LastActivation = activation;
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

    /// <summary>Null if the grain is a stateless worker, whose workers then have the work.</summary>
    private Activation? Create(GrainId grainId, ActivationWork work)
    {
        silo.ThrowIfNotCreating(grainId);
        if (!silo.Classes.TryGet(grainId.Type, out var grainClass))
            throw new ArgumentException($"No grain class of the application has the type \"{grainId.Type}\".");

        if (grainClass.MaxWorkers > 0)
        {
            _workers.GetOrAdd(grainId, static (id, args) => new StatelessWorkers(args.silo, args.grainClass, id), (silo, grainClass)).Dispatch(work);
            return null;
        }

        var created = new Activation(silo, grainClass, grainId);
        var activation = _activations.GetOrAdd(grainId, created);
        if (ReferenceEquals(activation, created))
            activation.Start((work as GrainCall)?.Context);
        return activation;
    }
}
