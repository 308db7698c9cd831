namespace Orleans.Activations;

/// <summary>The rule for which request may run.</summary>
internal sealed partial class Activation
{
    private Dictionary<Guid, int>? _reentrantSections;
    private TaskCompletionSource? _drained;

    // Running work, and the part of it that blocks other work because it does not always interleave.
    private int _running;
    private bool _hasRun;
    private int _blocking;
    private int _blockingReadOnly;

    /// <summary>Number of running and waiting requests. Stateless workers balance their load by it.</summary>
    public int Load
    {
        get
        {
            lock (_gate)
                return _running + _waiting.Count;
        }
    }

    /// <returns>False if the activation has ended: dispatch the work through the catalog.</returns>
    public bool TryEnqueue(ActivationWork work)
    {
        lock (_gate)
        {
            if (_state == ActivationState.Ended)
                return false;

            if (work.IsAbandoned)
                return true;
            if (MayRun(work))
                Begin(work);
            else
                _waiting.AddLast(work);
            return true;
        }
    }

    /// <summary>Called when work has completed: waiting work may begin.</summary>
    public void Finish(ActivationWork work)
    {
        lock (_gate)
        {
            _running--;
            if (!work.AlwaysInterleave)
            {
                _blocking--;
                if (work.ReadOnly)
                    _blockingReadOnly--;
            }

            if (work.KeepsAlive)
                _lastUsed = Silo.Time.GetTimestamp();
            BeginWaiting();
            if (_running == 0)
                _drained?.TrySetResult();
        }
    }

    public void EnterReentrantSection(Guid id)
    {
        lock (_gate)
        {
            _reentrantSections ??= [];
            _reentrantSections[id] = _reentrantSections.GetValueOrDefault(id) + 1;

            // Calls of this chain may have arrived before the section was entered.
            BeginWaiting();
        }
    }

    public void ExitReentrantSection(Guid id)
    {
        lock (_gate)
        {
            if (_reentrantSections?.GetValueOrDefault(id) > 1)
                _reentrantSections[id]--;
            else
                _reentrantSections?.Remove(id);
        }
    }

    private bool MayRun(ActivationWork work) =>
        _state switch
        {
            ActivationState.Valid => _blocking == 0
                || Class.Reentrant
                || work.AlwaysInterleave
                || (work.ReadOnly && _blocking == _blockingReadOnly)
                || IsReentrant(work),

            // Running work may wait for exactly this call.
            ActivationState.Deactivating => _running > 0 && (work.AlwaysInterleave || IsReentrant(work)),
            _ => false,
        };

    private bool IsReentrant(ActivationWork work) =>
        _reentrantSections is { Count: > 0 } sections && work.ReentrancyId is var id && id != Guid.Empty && sections.ContainsKey(id);

    private void Begin(ActivationWork work)
    {
        _hasRun = true;
        _running++;
        if (!work.AlwaysInterleave)
        {
            _blocking++;
            if (work.ReadOnly)
                _blockingReadOnly++;
        }

        if (work.KeepsAlive)
            _lastUsed = Silo.Time.GetTimestamp();
        work.Activation = this;
        Post(static state => ((ActivationWork)state!).Run(), work);
    }

    private void BeginWaiting()
    {
        for (var node = _waiting.First; node is not null; )
        {
            var next = node.Next;
            if (node.Value.IsAbandoned)
            {
                _waiting.Remove(node);
            }
            else if (MayRun(node.Value))
            {
                _waiting.Remove(node);
                Begin(node.Value);
            }

            node = next;
        }
    }
}
