using Interop.Storage;

namespace Interop.Polling;

/// <summary>
/// The right to write one source. It is claimed on first use and claimed anew after any failure, because then the memory may be ahead of
/// the database. Calls take turns.
/// </summary>
public sealed class SourceClaim(MonitoringParts parts, PollerSettings settings, string source) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private MonitoredSource? _source;
    private bool _isStale = true;

    /// <summary>The row as it was last claimed or written; null: not claimed yet.</summary>
    public PollerRow? Row => _source?.Row;

    /// <summary>Runs the work as the only writer of the source.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed the source; nothing was stored.</exception>
    public async Task<T> UseAsync<T>(Func<MonitoredSource, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_source is null || _isStale)
                _source = await MonitoredSource.ClaimAsync(
                    parts,
                    source,
                    settings[source],
                    settings.IsEnabled(source),
                    _source,
                    cancellationToken
                );
            _isStale = true; // until the work has ended well
            var result = await work(_source);
            _isStale = false;
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The same for an operator's call: when another poller has claimed the source meanwhile, it is claimed back once.</summary>
    public async Task<T> UseOrReclaimAsync<T>(Func<MonitoredSource, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await UseAsync(work, cancellationToken);
        }
        catch (PollerLostException)
        {
            return await UseAsync(work, cancellationToken);
        }
    }

    /// <summary>Fails a transaction when another poller has claimed the source.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed it, or this one has not claimed it yet.</exception>
    public Task FenceAsync(DbSession session, CancellationToken cancellationToken) =>
        PollerStore.FenceAsync(session, source, _source?.Row.Epoch ?? 0, cancellationToken);

    public void Dispose() => _turn.Dispose();
}
