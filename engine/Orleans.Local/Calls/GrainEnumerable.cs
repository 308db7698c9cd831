using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>The items that a grain's method will produce; each enumeration of them is a call.</summary>
internal sealed class GrainEnumerable<T>(
    GrainReference reference,
    CallSender sender,
    GrainMethod method,
    object?[] arguments,
    int batchSize = 100
) : IBatchedEnumerable<T>
{
    public IAsyncEnumerable<T> WithBatchSize(int maxBatchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        return new GrainEnumerable<T>(reference, sender, method, arguments, maxBatchSize);
    }

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new GrainEnumerator<T>(reference, sender, method, [.. arguments], batchSize, cancellationToken);
}

/// <summary>The consumer's side of an enumeration: returns the items of a batch, then asks the grain for the next batch.</summary>
internal sealed class GrainEnumerator<T>(
    GrainReference reference,
    CallSender sender,
    GrainMethod method,
    object?[] arguments,
    int batchSize,
    CancellationToken cancellationToken
) : IAsyncEnumerator<T>
{
    private GrainEnumeration<T>? _enumeration;
    private Queue<T> _batch = new();

    public T Current { get; private set; } = default!;

    public async ValueTask<bool> MoveNextAsync()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_batch.TryDequeue(out var item))
        {
            Current = item;
            return true;
        }

        try
        {
            _enumeration ??= Start();
            _batch = await _enumeration.NextBatchAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await DisposeAsync();
            throw;
        }

        if (!_batch.TryDequeue(out item))
            return false;
        Current = item;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_enumeration is { } enumeration)
            await enumeration.EndAsync();
    }

    private GrainEnumeration<T> Start()
    {
        var source = RuntimeContext.Current;
        var silo = sender.Silo;
        if (!silo.Accepts(source))
            throw new SiloUnavailableException($"The silo is stopping, so {method} cannot be called.");
        return new GrainEnumeration<T>(silo, reference.GrainId, method, arguments, batchSize, cancellationToken);
    }
}
