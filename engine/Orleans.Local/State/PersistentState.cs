using Microsoft.Extensions.DependencyInjection;
using Orleans.Activations;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.State;

/// <inheritdoc cref="IPersistentState{TState}"/>
internal sealed class PersistentState<T> : IPersistentState<T>, IActivationState
{
    private const string What = "A persistent state";

    private readonly Activation _activation;
    private readonly string _name;
    private readonly IGrainStorage _storage;
    private readonly GrainState<T> _state = new(EmptyState.Of<T>());

    // One operation at a time: otherwise interleaved calls would write with an etag that another write has replaced.
    private Task _last = Task.CompletedTask;

    public PersistentState(Activation activation, PersistentStateAttribute attribute)
    {
        _activation = activation;
        _name = attribute.StateName;
        var services = activation.ActivationServices;
        _storage =
            (
                string.IsNullOrEmpty(attribute.StorageName)
                    ? services.GetService<IGrainStorage>()
                    : services.GetKeyedService<IGrainStorage>(attribute.StorageName)
            )
            ?? throw new BadProviderConfigException(
                $"{activation.Class.Type} keeps \"{_name}\" in "
                    + (string.IsNullOrEmpty(attribute.StorageName) ? "the default storage" : $"a storage named \"{attribute.StorageName}\"")
                    + ", which the silo does not have. Add it with AddMemoryGrainStorage or AddAdoNetGrainStorage."
            );
        activation.Add(this);
    }

    public T State
    {
        get
        {
            _activation.ThrowIfOutside(What);
            return _state.State!;
        }
        set
        {
            _activation.ThrowIfOutside(What);
            _state.State = value;
        }
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public Task ReadStateAsync() => DoAsync(() => _storage.ReadStateAsync(_name, _activation.GrainId, _state));

    public Task WriteStateAsync() => DoAsync(() => _storage.WriteStateAsync(_name, _activation.GrainId, _state));

    public Task ClearStateAsync() => DoAsync(() => _storage.ClearStateAsync(_name, _activation.GrainId, _state));

    private async Task DoAsync(Func<Task> operation)
    {
        _activation.ThrowIfOutside(What);
        var before = _last;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _last = done.Task;
        try
        {
            await before;
            await operation();
        }
        catch (InconsistentStateException exception)
        {
            exception.IsSourceActivation = true;
            throw;
        }
        finally
        {
            done.SetResult();
        }
    }
}

/// <summary>The state of a grain that has none stored.</summary>
internal static class EmptyState
{
    /// <summary>Created by the parameterless constructor. Without one: an object whose fields are all zero, as Orleans does.</summary>
    public static T Of<T>() =>
        typeof(T) == typeof(string) ? default!
        : typeof(T).IsValueType || typeof(T).GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance<T>()
        : (T)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(T));
}
