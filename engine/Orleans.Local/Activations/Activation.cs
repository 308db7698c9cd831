using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>A grain in memory: its instance, its scheduler, the requests that run in it and those that wait.</summary>
internal sealed partial class Activation : IActivationContext
{
    private readonly Lock _gate = new();
    private readonly LinkedList<ActivationWork> _waiting = new();
    private readonly HashSet<IActivationPart> _parts = [];
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActivationTaskScheduler _scheduler;
    private AsyncServiceScope? _scope;
    private GrainReference? _reference;
    private ActivationState _state;
    private long _lastUsed;
    private long _keepAliveUntil;

    public Activation(SiloContext silo, GrainClass grainClass, GrainId grainId, StatelessWorkers? pool = null)
    {
        Silo = silo;
        Class = grainClass;
        GrainId = grainId;
        Pool = pool;
        _scheduler = new ActivationTaskScheduler(this);
        _lastUsed = silo.Time.GetTimestamp();
    }

    public SiloContext Silo { get; }

    public GrainClass Class { get; }

    /// <summary>Whether requests pass filters: those of the silo, or the grain class itself.</summary>
    public bool FiltersRequests => Silo.IncomingFilters.Length > 0 || Class.FiltersItsCalls;

    /// <summary>The group of this activation, if its class is a stateless worker.</summary>
    public StatelessWorkers? Pool { get; }

    public GrainId GrainId { get; }

    public GrainReference GrainReference => _reference ??= Silo.GrainFactory.CreateReference(Class.PrimaryInterface, GrainId);

    public IGrainFactory GrainFactory => Silo.GrainFactory;

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? Silo.Services;

    public Task Deactivated => _deactivated.Task;

    public bool IsEnded
    {
        get
        {
            lock (_gate)
                return _state == ActivationState.Ended;
        }
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => GrainId.ToString();

    /// <summary>Runs code as a task of this activation, without the AsyncLocals of the calling code.</summary>
    public void Post(Action<object?> action, object? state)
    {
        var task = new Task(action, state);
        if (ExecutionContext.IsFlowSuppressed())
        {
            task.Start(_scheduler);
            return;
        }

        using (ExecutionContext.SuppressFlow())
            task.Start(_scheduler);
    }

    public void ThrowIfOutside(string what)
    {
        if (RuntimeContext.Current != this)
            throw new InvalidOperationException(
                $"{what} can be used only in a turn of {GrainId}. The calling code was started by Task.Run, "
                    + "continued after ConfigureAwait(false), or belongs to another grain."
            );
    }

    public void DelayDeactivation(TimeSpan time)
    {
        var until =
            time == Timeout.InfiniteTimeSpan || time.TotalDays > 3650 ? long.MaxValue
            : time <= TimeSpan.Zero ? 0
            : Silo.Time.GetTimestamp() + (long)(time.TotalSeconds * Silo.Time.TimestampFrequency);
        lock (_gate)
            _keepAliveUntil = until;
    }

    /// <summary>True if the activation has not been used for this long. With [KeepAlive], or during a requested delay, it is never
    /// idle.</summary>
    public bool IsIdleFor(TimeSpan age)
    {
        if (Class.KeepAlive || age == TimeSpan.MaxValue)
            return false;
        lock (_gate)
        {
            var now = Silo.Time.GetTimestamp();
            return _state == ActivationState.Valid
                && _running == 0
                && _waiting.Count == 0
                && now >= _keepAliveUntil
                && Silo.Time.GetElapsedTime(_lastUsed, now) >= age;
        }
    }

    /// <returns>False if the activation ends or has ended.</returns>
    public bool Add(IActivationPart part)
    {
        lock (_gate)
            return _state is ActivationState.Activating or ActivationState.Valid && _parts.Add(part);
    }

    public void Remove(IActivationPart part)
    {
        lock (_gate)
            _parts.Remove(part);
    }

    /// <summary>Ends the enumerations whose consumer disappeared without disposing them.</summary>
    public void EndAbandonedEnumerations()
    {
        IActivationPart[] abandoned;
        lock (_gate)
            abandoned = [.. _parts.Where(p => p.IsAbandonedByConsumer)];
        foreach (var enumeration in abandoned)
            enumeration.End("Its consumer did not ask for the next item for twice the response timeout.");
    }
}

internal enum ActivationState
{
    Activating,
    Valid,

    /// <summary>Running work completes, no new work begins; waiting work goes to the next activation.</summary>
    Deactivating,
    Ended,
}
