using System.Collections.Immutable;

namespace Interop.Access;

/// <inheritdoc cref="IKeyRingGrain"/>
internal sealed class KeyRingGrain([PersistentState("keys")] IPersistentState<KeyRingState> keys) : Grain, IKeyRingGrain
{
    public Task<ImmutableArray<KeyRingEntry>> List() => Task.FromResult(keys.State.Keys);

    public Task Add(KeyRingEntry key)
    {
        keys.State = new KeyRingState { Keys = [.. keys.State.Keys.Where(known => known.Name != key.Name), key] };
        return keys.WriteStateAsync();
    }
}

/// <summary>The stored state of the grain.</summary>
[GenerateSerializer, Immutable, Alias("Interop.KeyRingState")]
public sealed record KeyRingState
{
    [Id(0)]
    public ImmutableArray<KeyRingEntry> Keys { get; init; } = [];
}
