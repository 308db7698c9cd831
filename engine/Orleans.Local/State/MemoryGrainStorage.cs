using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.State;

/// <summary>Keeps states as JSON while the silo runs. The stored value does not change with the object that was written.</summary>
internal sealed class MemoryGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), Stored> _states = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = _states.GetValueOrDefault((stateName, grainId));
        grainState.State = stored?.Json is { } json ? JsonSerializer.Deserialize<T>(json) : EmptyState.Of<T>();
        grainState.ETag = stored?.ETag;
        grainState.RecordExists = stored?.Json is not null;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Replace(stateName, grainId, grainState, JsonSerializer.SerializeToUtf8Bytes(grainState.State));
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_states.ContainsKey((stateName, grainId)) || grainState.ETag is not null)
            Replace(stateName, grainId, grainState, null);
        grainState.State = EmptyState.Of<T>();
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private void Replace<T>(string stateName, GrainId grainId, IGrainState<T> grainState, byte[]? json)
    {
        var key = (stateName, grainId);
        var stored = _states.GetValueOrDefault(key);
        var etag = stored?.ETag;
        var next = new Stored((stored?.Version ?? 0) + 1, json);
        if (etag != grainState.ETag || !(stored is null ? _states.TryAdd(key, next) : _states.TryUpdate(key, next, stored)))
            throw new InconsistentStateException(
                $"The state \"{stateName}\" of {grainId} has been changed by another writer.",
                etag,
                grainState.ETag
            );
        grainState.ETag = next.ETag;
    }

    /// <summary>A state; its JSON is null after it was cleared.</summary>
    private sealed record Stored(int Version, byte[]? Json)
    {
        public string? ETag => Json is null ? null : Version.ToString(CultureInfo.InvariantCulture);
    }
}
