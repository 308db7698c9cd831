using System.Collections.Concurrent;

namespace Interop.Dashboard.Live;

/// <summary>
/// Answers of grains, shared by all open pages: pages that ask the same within its lifetime share one call. So 200 open pages cost as many
/// queries as one.
/// </summary>
public sealed class SharedReads(TimeProvider time)
{
    private const int MaxEntries = 500;
    private static readonly TimeSpan Forget = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<object, Entry> _entries = new();

    /// <summary>How many answers are kept.</summary>
    public int Count => _entries.Count;

    /// <summary>The answer, at most <paramref name="lifetime"/> old.</summary>
    /// <param name="key">A record of all parameters of the query. It never holds a patient's data.</param>
    /// <param name="lifetime">How old a shared answer may be.</param>
    /// <param name="read">The call.</param>
    public async Task<T> GetAsync<T>(object key, TimeSpan lifetime, Func<Task<T>> read)
    {
        var now = time.GetTimestamp();
        if (_entries.TryGetValue(key, out var known) && (known.IsFresh(time, now, lifetime)))
            return await (Task<T>)known.Answer;
        if (_entries.Count > MaxEntries)
            Sweep(now);
        var made = new Entry(now, new Lazy<Task>(() => Task.Run(read)));
        var entry =
            known is null ? _entries.GetOrAdd(key, made)
            : _entries.TryUpdate(key, made, known) ? made
            : _entries.GetOrAdd(key, made);
        return await (Task<T>)entry.Answer;
    }

    /// <summary>Removes answers that a change has made obsolete.</summary>
    public void Clear() => _entries.Clear();

    private void Sweep(long now)
    {
        foreach (var (key, entry) in _entries)
        {
            if (time.GetElapsedTime(entry.At, now) > Forget || _entries.Count > 2 * MaxEntries)
                _entries.TryRemove(key, out _);
        }
    }

    private sealed class Entry(long at, Lazy<Task> answer)
    {
        public long At => at;

        public Task Answer => answer.Value;

        /// <summary>A call under way is shared, a failed one is not.</summary>
        public bool IsFresh(TimeProvider time, long now, TimeSpan lifetime) =>
            !Answer.IsCompleted || (Answer.IsCompletedSuccessfully && time.GetElapsedTime(at, now) < lifetime);
    }
}
