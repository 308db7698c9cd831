using Microsoft.Extensions.Logging;
using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>An enumeration that a grain produces. Its steps are turns that interleave; between them it does not occupy the
/// activation.</summary>
internal abstract partial class GrainEnumeration(SiloContext silo) : ActivationWork, IActivationPart
{
    private long _lastUsed = silo.Time.GetTimestamp();

    public override bool AlwaysInterleave => true;

    /// <summary>No step runs, and the last one ended long ago: the consumer disappeared without disposing the enumeration.</summary>
    public bool IsAbandonedByConsumer => !IsProducing && silo.Time.GetElapsedTime(Volatile.Read(ref _lastUsed)) > 2 * silo.ResponseTimeout;

    protected SiloContext Silo => silo;

    protected abstract bool IsProducing { get; }

    /// <summary>Ends it from the grain's side: the consumer's next step fails with <see cref="EnumerationAbortedException"/>.</summary>
    public abstract void End(string reason);

    protected void Touch() => Volatile.Write(ref _lastUsed, silo.Time.GetTimestamp());

    [LoggerMessage(1102, LogLevel.Warning, "Ending an enumeration of {GrainId} failed")]
    protected static partial void LogEndFailed(ILogger logger, Exception exception, GrainId grainId);
}

/// <inheritdoc/>
internal sealed class GrainEnumeration<T> : GrainEnumeration
{
    private readonly GrainId _grainId;
    private readonly GrainMethod _method;
    private readonly object?[] _arguments;
    private readonly int _batchSize;
    private readonly Dictionary<string, object>? _context = RequestContext.Export();
    private readonly CancellationTokenSource _cancellation;
    private readonly Lock _gate = new();
    private TaskCompletionSource<Queue<T>>? _step;
    private Activation? _home;
    private IAsyncEnumerator<T>? _producer;
    private Task<bool>? _pending;
    private EnumerationAbortedException? _aborted;
    private bool _ended;
    private bool _finished;
    private int _stopping;

    public GrainEnumeration(
        SiloContext silo,
        GrainId grainId,
        GrainMethod method,
        object?[] arguments,
        int batchSize,
        CancellationToken cancellationToken
    )
        : base(silo)
    {
        _grainId = grainId;
        _method = method;
        _arguments = arguments;
        _batchSize = batchSize;

        // The token argument and the token of the enumeration both end the production.
        var argument = method.TokenIndex < 0 ? default : (CancellationToken)arguments[method.TokenIndex]!;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(argument, cancellationToken);
        if (method.TokenIndex >= 0)
            arguments[method.TokenIndex] = _cancellation.Token;
    }

    public override bool IsAbandoned => _ended;

    public override bool MovesOn => _home is null;

    protected override bool IsProducing => _step is { Task.IsCompleted: false };

    /// <summary>The next items; none at the end of the enumeration.</summary>
    public Task<Queue<T>> NextBatchAsync()
    {
        Touch();
        var step = new TaskCompletionSource<Queue<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_aborted is not null)
                return Task.FromException<Queue<T>>(_aborted);
            if (_ended)
                return Task.FromResult(new Queue<T>());
            _step = step;
        }

        if (_home is null)
            Silo.Catalog.Dispatch(this, _grainId);
        else if (!_home.TryEnqueue(this))
            End($"{_grainId} was deactivated.");
        return step.Task;
    }

    public override void Run() => _ = RunAsync(Activation!);

    public override void Reject(Exception exception) => _step?.TrySetException(exception);

    public override void End(string reason)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _aborted = new EnumerationAbortedException($"The enumeration of {_method} ended early. {reason}");
        }

        _ = EndAsync();
    }

    /// <summary>Asks the producer to stop, and waits until it has stopped.</summary>
    public async Task EndAsync()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
        }

        // In a turn, because the finally blocks of the producer are code of the grain. A producer that has not begun will not begin.
        if (_home is not { } home)
            return;
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        home.Post(_ => _ = StopAsync(home, stopped), null);
        await stopped.Task;
    }

    private async Task RunAsync(Activation activation)
    {
        var step = _step!;
        try
        {
            RequestContext.Import(_context);
            if (_producer is null)
            {
                lock (_gate)
                {
                    if (_ended)
                        throw new OperationCanceledException(_cancellation.Token);
                    _home = activation;
                }

                if (!activation.Add(this))
                    throw new EnumerationAbortedException($"{_grainId} was deactivated.");
                var items = ((Func<object, object?[], IAsyncEnumerable<T>>)_method.Invoker)(activation.GrainInstance!, _arguments);
                _producer = items.GetAsyncEnumerator(_cancellation.Token);
            }

            var batch = await ProduceAsync(_producer);
            Touch();
            if (batch.Count == 0)
            {
                lock (_gate)
                    _ended = true;
                await StopAsync(activation, null);
            }

            step.TrySetResult(batch);
        }
        catch (Exception exception)
        {
            lock (_gate)
                _ended = true;
            await StopAsync(activation, null);
            step.TrySetException(_aborted ?? exception);
        }
        finally
        {
            activation.Finish(this);
        }
    }

    /// <summary>The items that are available without waiting, up to the batch size; if there are none, waits for the first one.</summary>
    private async Task<Queue<T>> ProduceAsync(IAsyncEnumerator<T> producer)
    {
        var batch = new Queue<T>();
        while (batch.Count < _batchSize && !_finished)
        {
            _pending ??= producer.MoveNextAsync().AsTask();
            if (batch.Count > 0 && !_pending.IsCompletedSuccessfully)
                break;
            _finished = !await _pending;
            _pending = null;
            if (!_finished)
                batch.Enqueue(producer.Current);
        }

        return batch;
    }

    private async Task StopAsync(Activation activation, TaskCompletionSource? stopped)
    {
        try
        {
            if (Interlocked.Exchange(ref _stopping, 1) == 0)
            {
                await _cancellation.CancelAsync();

                // A producer that ignores its token is abandoned after the timeout: it must not be disposed while it runs.
                if (_pending is { } pending)
                {
                    await ((Task)pending)
                        .WaitAsync(Silo.ResponseTimeout, Silo.Time)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                }

                if (_producer is { } producer && (_pending is null || _pending.IsCompleted))
                    await producer.DisposeAsync();
                _cancellation.Dispose();
            }
        }
        catch (Exception exception)
        {
            LogEndFailed(Silo.Logger, exception, _grainId);
        }
        finally
        {
            activation.Remove(this);
            if (stopped is not null)
            {
                _step?.TrySetException(_aborted ?? (Exception)new OperationCanceledException());
                stopped.SetResult();
            }
        }
    }
}
