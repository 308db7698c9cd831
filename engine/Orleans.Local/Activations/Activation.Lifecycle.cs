using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>Start and end of an activation.</summary>
internal sealed partial class Activation
{
    // A call that meets this many activations that end before they run any call is rejected.
    private const int MaxHops = 16;

    private readonly List<IActivationState> _states = [];
    private DeactivationReason? _requestedDeactivation;

    /// <summary>A state that the constructor of the grain asks for. It is read before <see cref="IGrainBase.OnActivateAsync"/>.</summary>
    public void Add(IActivationState state) => _states.Add(state);

    /// <summary>Starts the activation with the request context of the call that created it.</summary>
    public void Start(Dictionary<string, object>? requestContext) => Post(_ => _ = ActivateAsync(requestContext), null);

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_state == ActivationState.Activating)
                _requestedDeactivation = deactivationReason;
            if (_state != ActivationState.Valid)
                return;
            BeginDeactivation(deactivationReason, cancellationToken);
        }
    }

    /// <summary>Ends at once as a crash does, without <see cref="IGrainBase.OnDeactivateAsync"/>.</summary>
    public void Kill(Exception exception)
    {
        foreach (var work in End())
            work.Reject(exception);
        EndParts();
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
            EndParts();
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
            if (_requestedDeactivation is { } reason)
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
        EndParts();
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

    /// <summary>Leaves the catalog, so that the next call creates a new activation. Returns the waiting work.</summary>
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

    private void EndParts()
    {
        IActivationPart[] parts;
        lock (_gate)
            parts = [.. _parts];
        foreach (var part in parts)
            part.End($"{GrainId} was deactivated.");
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

        // References keep their last activation; they must not keep the grain in memory.
        GrainInstance = null;
    }
}
