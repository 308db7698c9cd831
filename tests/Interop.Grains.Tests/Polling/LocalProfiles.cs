using System.Runtime.InteropServices;
using Interop.Anomaly;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;
using Interop.Polling;
using Interop.Storage;

namespace Interop.Grains.Tests.Polling;

/// <summary>The profiles of one poller, in its memory, as <c>AccessProfileGrain</c> holds them on its silo.</summary>
internal sealed class LocalProfiles(Database database, string source)
{
    private readonly Dictionary<string, AccessProfile> _profiles = new(StringComparer.Ordinal);
    private long _epoch;

    public async Task AskAsync(SourceBatch batch)
    {
        if (batch.Epoch != _epoch)
            _profiles.Clear();
        _epoch = batch.Epoch;
        var position = 0;
        foreach (var (agent, request) in batch.Requests)
            batch.Take(position++, await ObserveAsync(agent, request));
    }

    private async Task<AccessObserved> ObserveAsync(string agent, AccessBatch batch)
    {
        if (!_profiles.TryGetValue(agent, out var profile))
        {
            var stored = await database.ReadAsync((session, token) => ProfileStore.FindAsync(session, source, agent, token));
            _profiles[agent] = profile = stored is null ? new AccessProfile() : AccessProfile.Load(stored);
        }

        if (!profile.Begin(batch.Sequence))
            throw new PollerLostException(source); // the stored profile is ahead: another poller has written it
        var before = profile.Events;
        var numbers = new float[batch.Accesses.Length * AccessFeatures.Size];
        for (var i = 0; i < batch.Accesses.Length; i++)
            profile.Observe(batch.Accesses[i], AccessFeatures.RowAt(numbers, i));
        return new AccessObserved(
            before,
            ImmutableCollectionsMarshal.AsImmutableArray(MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()),
            ImmutableCollectionsMarshal.AsImmutableArray(profile.Save())
        );
    }
}
