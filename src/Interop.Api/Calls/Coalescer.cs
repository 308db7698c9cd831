using System.Collections.Immutable;

namespace Interop.Api.Calls;

/// <summary>The bounds of a <see cref="Coalescer{TItem, TResult}"/>.</summary>
/// <param name="ItemsPerCall">The most items of one call.</param>
/// <param name="SizePerCall">The largest size of one call, unless a single item is larger.</param>
/// <param name="Calls">Calls at the same time.</param>
/// <param name="WaitingSize">The largest size of the items that wait.</param>
internal sealed record CoalescerLimits(int ItemsPerCall, long SizePerCall, int Calls, long WaitingSize);

/// <summary>
/// Coalesces concurrent requests: items that arrive during a call are sent together in the next one. A busy front end makes few calls, and
/// an idle one does not wait.
/// </summary>
/// <param name="call">Sends items and returns a result for each.</param>
/// <param name="sizeOf">The size of an item.</param>
/// <param name="limits">The bounds.</param>
internal sealed class Coalescer<TItem, TResult>(
    Func<ImmutableArray<TItem>, Task<IReadOnlyList<TResult>>> call,
    Func<TItem, long> sizeOf,
    CoalescerLimits limits
)
{
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;
    private long _size;

    /// <summary>The result for the item; null: too many items are waiting.</summary>
    public Task<TResult>? SubmitAsync(TItem item)
    {
        var waiting = new Waiting(item, sizeOf(item));
        lock (_gate)
        {
            if (_size + waiting.Size > limits.WaitingSize)
                return null;
            _size += waiting.Size;
            _waiting.Enqueue(waiting);
            if (_calls == limits.Calls)
                return waiting.Result.Task;
            _calls++;
        }

        _ = SendAllAsync();
        return waiting.Result.Task;
    }

    private async Task SendAllAsync()
    {
        while (TakeCall() is { } taken)
        {
            try
            {
                var results = await call([.. taken.Select(w => w.Item)]);
                for (var i = 0; i < taken.Count; i++)
                    taken[i].Result.TrySetResult(results[i]);
            }
            catch (Exception e)
            {
                foreach (var waiting in taken)
                    waiting.Result.TrySetException(e);
            }
        }
    }

    private List<Waiting>? TakeCall()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _calls--;
                return null;
            }

            var (taken, size) = (new List<Waiting>(), 0L);
            while (
                taken.Count < limits.ItemsPerCall
                && _waiting.TryPeek(out var next)
                && (taken.Count == 0 || size + next.Size <= limits.SizePerCall)
            )
            {
                taken.Add(_waiting.Dequeue());
                size += next.Size;
            }

            _size -= size;
            return taken;
        }
    }

    private sealed class Waiting(TItem item, long size)
    {
        public TItem Item { get; } = item;

        public long Size { get; } = size;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
