namespace Interop.Api.Access;

/// <summary>
/// An answer of the access grain, asked for again when it is older than its lifetime. While no new answer comes (the database is away or
/// slow), the last one stands: telemetry is accepted during an outage, and its senders do not wait for the database.
/// </summary>
internal sealed class RememberedAnswer<T>(Func<Task<T>> ask, TimeSpan lifetime, TimeProvider time)
{
    // How long a caller waits for a new answer where an old one is known.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private (T Value, DateTimeOffset Until)? _known;
    private Task<T>? _asking;

    /// <summary>The answer, at most one lifetime old, or older while it cannot be asked for.</summary>
    public async ValueTask<T> GetAsync()
    {
        Task<T> asking;
        bool isMine;
        (T Value, DateTimeOffset Until)? known;
        lock (_gate)
        {
            known = _known;
            if (known is { } fresh && fresh.Until > time.GetUtcNow())
                return fresh.Value;
            isMine = _asking is null;
            asking = _asking ??= AskAsync();
        }

        if (known is not { } last)
            return await asking;
        if (!isMine && !asking.IsCompleted)
            return last.Value; // another caller waits for the new answer
        try
        {
            return await asking.WaitAsync(Patience, time);
        }
        catch (Exception)
        {
            // The failure reaches the callers that have no answer yet, and /health/ready tells of the database.
            return last.Value;
        }
    }

    /// <summary>Keeps the last answer for the time that no new one comes, and asks again next time.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            if (_known is { } known)
                _known = (known.Value, DateTimeOffset.MinValue);
        }
    }

    private async Task<T> AskAsync()
    {
        await Task.Yield(); // the caller holds the lock
        try
        {
            var value = await ask();
            lock (_gate)
                _known = (value, time.GetUtcNow() + lifetime);
            return value;
        }
        catch (Exception) when (_known is not null)
        {
            lock (_gate)
                _known = (_known!.Value.Value, time.GetUtcNow() + lifetime);
            throw;
        }
        finally
        {
            lock (_gate)
                _asking = null;
        }
    }
}
