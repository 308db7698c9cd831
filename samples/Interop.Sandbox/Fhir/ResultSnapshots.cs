using System.Collections.Concurrent;

namespace Interop.Sandbox.Fhir;

/// <summary>The versions that a search found. Later changes of the resources do not change it.</summary>
internal sealed record ResultSnapshot(
    Guid Id,
    TypeStore Store,
    int[] Versions,
    bool IncludesPatients,
    bool HasTotal,
    bool IsHistory,
    DateTimeOffset ExpiresAt
);

/// <summary>The snapshots that `next` links lead into.</summary>
internal sealed class ResultSnapshots(SandboxOptions options)
{
    /// <summary>Bounds the memory of snapshots that clients do not finish: 50 million versions are 200 MB.</summary>
    private const long MostVersions = 50_000_000;

    private const int SweepEvery = 32;

    private readonly ConcurrentDictionary<Guid, ResultSnapshot> _snapshots = new();
    private int _added;

    public int Count => _snapshots.Count;

    public ResultSnapshot Add(TypeStore store, int[] versions, bool includesPatients, bool hasTotal, bool isHistory)
    {
        if (Interlocked.Increment(ref _added) % SweepEvery == 0)
            DropExpired();
        var snapshot = new ResultSnapshot(
            Guid.NewGuid(),
            store,
            versions,
            includesPatients,
            hasTotal,
            isHistory,
            options.Time.GetUtcNow() + options.PagingExpiry
        );
        return _snapshots[snapshot.Id] = snapshot;
    }

    public ResultSnapshot? Find(string? id) =>
        Guid.TryParse(id, out var key) && _snapshots.TryGetValue(key, out var snapshot) && snapshot.ExpiresAt > options.Time.GetUtcNow()
            ? snapshot
            : null;

    private void DropExpired()
    {
        var now = options.Time.GetUtcNow();
        var held = 0L;
        foreach (var snapshot in _snapshots.Values.OrderByDescending(snapshot => snapshot.ExpiresAt))
        {
            held += snapshot.Versions.Length;
            if (snapshot.ExpiresAt <= now || held > MostVersions)
                _snapshots.TryRemove(snapshot.Id, out _);
        }
    }
}
