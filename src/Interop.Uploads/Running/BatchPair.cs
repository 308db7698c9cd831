using Interop.Storage;
using Interop.Uploads.Storing;

namespace Interop.Uploads.Running;

/// <summary>Two batches of rows: one is filled while the other is written.</summary>
internal sealed class BatchPair : IDisposable
{
    private RowBatch _written = new(RowStore.Shape);
    private Task _writing = Task.CompletedTask;

    /// <summary>The batch that takes rows now.</summary>
    public RowBatch Filling { get; private set; } = new(RowStore.Shape);

    /// <summary>Waits until the other batch is written, then begins to write this one and fills the other.</summary>
    /// <param name="write">Writes a batch and clears it.</param>
    public async Task SwapAsync(Func<RowBatch, Task> write)
    {
        await _writing;
        (Filling, _written) = (_written, Filling);
        var full = _written;
        _writing = Task.Run(() => write(full));
    }

    /// <summary>Waits for the last write.</summary>
    public Task CompleteAsync() => _writing;

    public void Dispose()
    {
        Filling.Dispose();
        _written.Dispose();
    }
}
