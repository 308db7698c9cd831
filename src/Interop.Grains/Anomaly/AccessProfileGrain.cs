using System.Runtime.InteropServices;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly;

/// <inheritdoc cref="IAccessProfileGrain"/>
internal sealed class AccessProfileGrain(Database database) : Grain, IAccessProfileGrain
{
    private AccessProfile _profile = new();
    private long _epoch;

    /// <summary>The key of an agent's profile.</summary>
    public static string Key(string source, string agent) => $"{source}|{agent}";

    public async Task<AccessObserved> Observe(AccessBatch batch)
    {
        if (batch.Epoch != _epoch)
        {
            _profile = await ReadAsync();
            _epoch = batch.Epoch;
        }

        if (!_profile.Begin(batch.Sequence))
            throw new InvalidOperationException(
                $"Batch {batch.Sequence} is not above {_profile.Sequence}, the last of {this.GetPrimaryKeyString()}: it is counted already"
            );
        var before = _profile.Events;
        var numbers = new float[batch.Accesses.Length * AccessFeatures.Size];
        for (var i = 0; i < batch.Accesses.Length; i++)
            _profile.Observe(batch.Accesses[i], AccessFeatures.RowAt(numbers, i));
        return new AccessObserved(
            before,
            ImmutableCollectionsMarshal.AsImmutableArray(MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()),
            ImmutableCollectionsMarshal.AsImmutableArray(_profile.Save())
        );
    }

    private async Task<AccessProfile> ReadAsync()
    {
        var key = this.GetPrimaryKeyString();
        var bar = key.IndexOf('|', StringComparison.Ordinal);
        var stored = await database.ReadAsync((session, token) => ProfileStore.FindAsync(session, key[..bar], key[(bar + 1)..], token));
        return stored is null ? new AccessProfile() : AccessProfile.Load(stored);
    }
}
