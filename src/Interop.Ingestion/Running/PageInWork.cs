using Interop.Ingestion.Fetching;
using Interop.Ingestion.Preparing;

namespace Interop.Ingestion.Running;

/// <summary>A page between fetch and load: owns its bytes and its preparation, which begins at once on another thread.</summary>
internal sealed class PageInWork : IAsyncDisposable
{
    private readonly PagePreparer _preparer;
    private Task<PreparedPage> _prepared;

    public PageInWork(IncomingPage incoming, PagePreparer preparer, CancellationToken cancellationToken)
    {
        (Incoming, _preparer) = (incoming, preparer);
        _prepared = Task.Run(() => preparer.PrepareAsync(incoming, refused: null, cancellationToken), CancellationToken.None);
    }

    public IncomingPage Incoming { get; }

    /// <summary>The prepared page; belongs to this object.</summary>
    public Task<PreparedPage> PreparedAsync() => _prepared;

    /// <summary>The loader could not load the page as it was prepared: prepares it again.</summary>
    public async Task<PreparedPage> PrepareAgainAsync(CancellationToken cancellationToken)
    {
        var refused = await _prepared;
        refused.Dispose();
        _prepared = _preparer.PrepareAsync(Incoming, refused, cancellationToken);
        return await _prepared;
    }

    public async ValueTask DisposeAsync()
    {
        // When the page is discarded, errors of its preparation do not matter.
        await ((Task)_prepared).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_prepared.IsCompletedSuccessfully)
            (await _prepared).Dispose();
        Incoming.Dispose();
    }
}
