using Microsoft.Extensions.DependencyInjection;
using Orleans.Calls;
using Orleans.Runtime;
using Orleans.State;
using Orleans.Timers;

namespace Orleans.Activations;

/// <summary>How an activation begins and ends.</summary>
internal sealed partial class Activation
{
    // A call that found this many activations ending before they took any call is given up: the next ones will do the same.
    private const int MaxHops = 16;

    private readonly List<IActivationState> _states = [];
    private DeactivationReason? _deactivationWish;

    /// <summary>A state that the grain's constructor asks for: it is read before <see cref="IGrainBase.OnActivateAsync"/>.</summary>
    public void Add(IActivationState state) => _states.Add(state);

    /// <summary>Begins to activate, with the request context of the call that made it necessary.</summary>
    public void Start(Dictionary<string, object>? requestContext) => Post(_ => _ = ActivateAsync(requestContext), null);

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_state == ActivationState.Activating)
                _deactivationWish = deactivationReason;
            if (_state != ActivationState.Valid)
                return;
            BeginDeactivation(deactivationReason, cancellationToken);
        }
    }

    /// <summary>Ends at once, without <see cref="IGrainBase.OnDeactivateAsync"/>: what a crash does.</summary>
    public void Kill(Exception exception)
    {
        foreach (var work in End())
            work.Reject(exception);
        StopTimersAndEnumerations();
    }

    private async Task ActivateAsync(Dictionary<string, object>? requestContext)
    {
        RequestContext.Import(requestContext);
        try
        {
            using var timeout = new CancellationTokenSource(Silo.Collection.ActivationTimeout, Silo.Time);
            _scope = Silo.Services.CreateAsyncScope();
            GrainInstance = Class.CreateInstance(this);
            foreach (var state in _states)
                await state.ReadStateAsync().WaitAsync(timeout.Token);
            await ((IGrainBase)GrainInstance).OnActivateAsync(timeout.Token).WaitAsync(timeout.Token);
        }
        catch (Exception exception)
        {
            Log.ActivationFailed(Silo.Logger, exception, GrainId);
            StopTimersAndEnumerations();
            var waiting = End();
            await DisposeAsync();
            foreach (var work in waiting)
                work.Reject(exception);
            return;
        }

        lock (_gate)
        {
            if (_state == ActivationState.Ended)
                return;
            _state = ActivationState.Valid;
            _lastUsed = Silo.Time.GetTimestamp();
            if (_deactivationWish is { } reason)
                BeginDeactivation(reason, default);
            else
                BeginWaiting();
        }
    }

    private void BeginDeactivation(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _state = ActivationState.Deactivating;
        _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_running == 0)
            _drained.SetResult();
        Post(_ => _ = DeactivateAsync(reason, cancellationToken), null);
    }

    private async Task DeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Silo.Collection.DeactivationTimeout, Silo.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        StopTimersAndEnumerations();
        try
        {
            await _drained!.Task.WaitAsync(linked.Token);
            await ((IGrainBase)GrainInstance!).OnDeactivateAsync(reason, linked.Token).WaitAsync(linked.Token);
        }
        catch (Exception exception)
        {
            Log.DeactivationFailed(Silo.Logger, exception, GrainId);
        }

        var waiting = End();
        await DisposeAsync();
        foreach (var work in waiting)
            MoveOn(work);
    }

    private void MoveOn(ActivationWork work)
    {
        if (!work.MovesOn || work.IsAbandoned)
            return;
        if (!_hasRun && ++work.Hops > MaxHops)
            work.Reject(new OrleansMessageRejectionException($"{MaxHops} activations of {GrainId} ended before they took a call."));
        else
            Silo.Catalog.Dispatch(work, GrainId);
    }

    /// <summary>Leaves the catalog, so that the next call makes a new activation; gives back what waited.</summary>
    private ActivationWork[] End()
    {
        ActivationWork[] waiting;
        lock (_gate)
        {
            _state = ActivationState.Ended;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        Silo.Catalog.Remove(this);
        _deactivated.TrySetResult();
        return waiting;
    }

    private void StopTimersAndEnumerations()
    {
        GrainTimer[] timers;
        GrainEnumeration[] enumerations;
        lock (_gate)
        {
            timers = [.. _timers];
            enumerations = [.. _enumerations];
        }

        foreach (var timer in timers)
            timer.Dispose();
        foreach (var enumeration in enumerations)
            enumeration.Abort($"{GrainId} was deactivated.");
    }

    private async ValueTask DisposeAsync()
    {
        try
        {
            if (GrainInstance is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else if (GrainInstance is IDisposable disposable)
                disposable.Dispose();
            if (_scope is { } scope)
                await scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            Log.DisposeFailed(Silo.Logger, exception, GrainId);
        }

        // References remember their last activation; the grain must not stay in memory for it.
        GrainInstance = null;
    }
}
