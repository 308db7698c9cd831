using Orleans.Runtime;

namespace Orleans.Core
{
    /// <summary>A stored state and its version.</summary>
    public interface IStorage
    {
        /// <summary>The stored version of this copy; null if none is stored.</summary>
        string? Etag { get; }

        /// <summary>Whether a state is stored.</summary>
        bool RecordExists { get; }

        /// <summary>Reads the stored state; a new object when there is none.</summary>
        Task ReadStateAsync();

        /// <param name="cancellationToken">Ignored, as in Orleans' own storages: the operation runs to its end.</param>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();

        /// <exception cref="Storage.InconsistentStateException">The stored version is another one.</exception>
        Task WriteStateAsync();

        /// <inheritdoc cref="WriteStateAsync()"/>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <exception cref="Storage.InconsistentStateException">The stored version is another one.</exception>
        Task ClearStateAsync();

        /// <inheritdoc cref="ClearStateAsync()"/>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();
    }

    /// <inheritdoc/>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The state in memory. A change is stored only by a write.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>A state of a grain that outlives its activations: read before <c>OnActivateAsync</c>, written only by
    /// <c>WriteStateAsync</c>.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>On a constructor parameter of type <see cref="IPersistentState{TState}"/>: name and storage of the state.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
    {
        /// <summary>The name of the state: with the grain's key it identifies the stored row.</summary>
        public string StateName { get; } = stateName;

        /// <summary>Null for the default storage.</summary>
        public string? StorageName { get; } = storageName;
    }
}

namespace Orleans
{
    /// <summary>The state that a storage reads or writes, with its version.</summary>
    public interface IGrainState<T>
    {
        /// <summary>The state.</summary>
        T? State { get; set; }

        /// <summary>The version that was read or written; null when nothing is stored.</summary>
        string? ETag { get; set; }

        /// <summary>Whether a state is stored.</summary>
        bool RecordExists { get; set; }
    }

    /// <inheritdoc/>
    [GenerateSerializer]
    public sealed class GrainState<T> : IGrainState<T>
    {
        /// <summary>An empty state.</summary>
        public GrainState() { }

        /// <summary>A state that is not stored yet.</summary>
        public GrainState(T? state) => State = state;

        /// <summary>A state with the version that it was read with.</summary>
        public GrainState(T? state, string? eTag)
        {
            State = state;
            ETag = eTag;
        }

        /// <inheritdoc/>
        [Id(0)]
        public T? State { get; set; }

        /// <inheritdoc/>
        [Id(1)]
        public string? ETag { get; set; }

        /// <inheritdoc/>
        [Id(2)]
        public bool RecordExists { get; set; }
    }
}

namespace Orleans.Storage
{
    /// <summary>A place where grains keep states.</summary>
    public interface IGrainStorage
    {
        /// <summary>Reads the state into <paramref name="grainState"/>; a new object when nothing is stored.</summary>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>
        /// Writes the state when the stored version is that of <paramref name="grainState"/>, and sets the new version there.
        /// </summary>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Removes the stored state when its version is that of <paramref name="grainState"/>.</summary>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
    }

    /// <summary>A grain names a storage that the silo does not have.</summary>
    [GenerateSerializer]
    public sealed class BadProviderConfigException : OrleansException
    {
        /// <summary>Creates the exception with a general message.</summary>
        public BadProviderConfigException() { }

        /// <summary>Creates the exception with a message.</summary>
        public BadProviderConfigException(string msg)
            : base(msg) { }

        /// <summary>Creates the exception with a message and its cause.</summary>
        public BadProviderConfigException(string msg, Exception exc)
            : base(msg, exc) { }
    }

    /// <summary>The stored version differs from the version that the write is based on. Uncaught, it also ends the activation, so that the
    /// next call reads again.</summary>
    [GenerateSerializer]
    public class InconsistentStateException : OrleansException
    {
        /// <summary>Creates the exception with a general message.</summary>
        public InconsistentStateException()
            : this("The stored state has another version.") { }

        /// <summary>Creates the exception with a message.</summary>
        public InconsistentStateException(string message)
            : base(message) { }

        /// <summary>Creates the exception with a message and its cause.</summary>
        public InconsistentStateException(string message, Exception? innerException)
            : base(message, innerException!) { }

        /// <summary>Creates the exception with the stored version and the version of the writer.</summary>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : base($"{errorMsg} Stored version: {storedEtag ?? "none"}, version of the writer: {currentEtag ?? "none"}.")
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        /// <summary>The stored version; null when it is not known.</summary>
        [Id(1)]
        public string? StoredEtag { get; }

        /// <summary>The version that the write was based on; null when it is not known.</summary>
        [Id(2)]
        public string? CurrentEtag { get; }

        /// <summary>Thrown by the state of this activation, which has not been deactivated for it yet.</summary>
        internal bool IsSourceActivation { get; set; }
    }
}
