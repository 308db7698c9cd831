namespace Orleans.Activations;

/// <summary>Deactivates activations that have been idle for their collection age.</summary>
internal sealed class ActivationCollector : IDisposable
{
    private readonly SiloContext _silo;
    private readonly ITimer _timer;

    public ActivationCollector(SiloContext silo)
    {
        _silo = silo;
        _timer = silo.Time.CreateTimer(_ => CollectOnTimer(), null, silo.Collection.CollectionQuantum, silo.Collection.CollectionQuantum);
    }

    /// <param name="ageLimit">Null for the age that options and attributes give each class.</param>
    public Task CollectAsync(TimeSpan? ageLimit)
    {
        var idle = _silo.Catalog.Activations.Where(a => a.IsIdleFor(ageLimit ?? AgeOf(a.Class))).ToArray();
        Log.Collecting(_silo.Logger, idle.Length);
        foreach (var activation in idle)
            activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "It was idle for its collection age."));
        return Task.WhenAll(idle.Select(a => a.Deactivated));
    }

    public void Dispose() => _timer.Dispose();

    private void CollectOnTimer()
    {
        try
        {
            foreach (var activation in _silo.Catalog.Activations)
                activation.EndAbandonedEnumerations();
            _ = CollectAsync(null);
        }
        catch (Exception exception)
        {
            Log.CollectionFailed(_silo.Logger, exception);
        }
    }

    private TimeSpan AgeOf(GrainClass grainClass) =>
        _silo.Collection.ClassSpecificCollectionAge.TryGetValue(grainClass.Type.FullName!, out var age)
            ? age
            : grainClass.AgeLimit ?? _silo.Collection.CollectionAge;
}
