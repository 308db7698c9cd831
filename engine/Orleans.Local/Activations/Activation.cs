using Microsoft.Extensions.DependencyInjection;
using Orleans.Calls;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;

namespace Orleans.Activations;

/// <summary>A grain in memory: its instance, its scheduler, the requests that run in it and those that wait.</summary>
internal sealed partial class Activation : IGrainContext
{
    private readonly Lock _gate = new();
    private readonly LinkedList<ActivationWork> _waiting = new();
    private readonly HashSet<GrainTimer> _timers = [];
    private readonly HashSet<GrainEnumeration> _enumerations = [];
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActivationTaskScheduler _scheduler;
    private AsyncServiceScope? _scope;
    private GrainReference? _reference;
    private ActivationState _state;
    private long _lastUsed;
    private long _keepAliveUntil;

    public Activation(LocalSilo silo, GrainClass grainClass, GrainId grainId, StatelessWorkers? pool = null)
    {
        Silo = silo;
        Class = grainClass;
        GrainId = grainId;
        Pool = pool;
        _scheduler = new ActivationTaskScheduler(this);
        _lastUsed = silo.Time.GetTimestamp();
    }

    public LocalSilo Silo { get; }

    public GrainClass Class { get; }

    /// <summary>The workers that this activation is one of, if its class is a stateless worker.</summary>
    public StatelessWorkers? Pool { get; }

    public GrainId GrainId { get; }

    public GrainReference GrainReference => _reference ??= Silo.GrainFactory.CreateReference(Class.PrimaryInterface, GrainId);

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

    /// <summary>Runs code as a task of this activation, without the AsyncLocals of whoever asks for it.</summary>
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

    /// <exception cref="InvalidOperationException">The calling code does not run in this activation.</exception>
    public void ThrowIfOutside(string what)
    {
        if (RuntimeContext.Current != this)
            throw new InvalidOperationException(
                $"{what} belongs to the turns of {GrainId}, but the calling code does not run in one: it was started by Task.Run, "
                + "continued after ConfigureAwait(false), or belongs to another grain.");
    }

    public void DelayDeactivation(TimeSpan time)
    {
        var until = time <= TimeSpan.Zero ? 0
            : time.TotalDays > 3650 ? long.MaxValue
            : Silo.Time.GetTimestamp() + (long)(time.TotalSeconds * Silo.Time.TimestampFrequency);
        lock (_gate)
            _keepAliveUntil = until;
    }

    /// <summary>Not in use, and not for this long. Classes that are kept alive, and activations that asked for more time, are never idle.</summary>
    public bool IsIdleFor(TimeSpan age)
    {
        if (Class.KeepAlive || age == TimeSpan.MaxValue)
            return false;
        lock (_gate)
        {
            var now = Silo.Time.GetTimestamp();
            return _state == ActivationState.Valid && _running == 0 && _waiting.Count == 0 && now >= _keepAliveUntil
                && Silo.Time.GetElapsedTime(_lastUsed, now) >= age;
        }
    }

    public bool Add(GrainTimer timer)
    {
        lock (_gate)
            return _state is ActivationState.Activating or ActivationState.Valid && _timers.Add(timer);
    }

    public void Remove(GrainTimer timer)
    {
        lock (_gate)
            _timers.Remove(timer);
    }

    public bool Add(GrainEnumeration enumeration)
    {
        lock (_gate)
            return _state == ActivationState.Valid && _enumerations.Add(enumeration);
    }

    public void Remove(GrainEnumeration enumeration)
    {
        lock (_gate)
            _enumerations.Remove(enumeration);
    }

    /// <summary>Ends the enumerations whose consumer went away without disposing them.</summary>
    public void EndAbandonedEnumerations()
    {
        GrainEnumeration[] abandoned;
        lock (_gate)
            abandoned = [.. _enumerations.Where(e => e.IsAbandonedByConsumer)];
        foreach (var enumeration in abandoned)
            enumeration.Abort("Its consumer did not ask for the next item for twice the response timeout.");
    }
}

internal enum ActivationState
{
    Activating,
    Valid,

    /// <summary>Finishes what runs and begins nothing new; what waits goes to the next activation.</summary>
    Deactivating,
    Ended,
}
