using Orleans.Activations;
using Orleans.Calls;

namespace Orleans.Runtime;

/// <summary>What all references of one client or silo share: the way their calls go.</summary>
internal sealed class GrainReferenceShared(CallSender sender)
{
    public CallSender Sender { get; } = sender;
}

/// <summary>A reference to a grain: an address, not an activation. It outlives activations and restarts.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    private readonly GrainReferenceShared _shared;

    internal GrainReference(GrainReferenceShared shared, GrainId grainId)
    {
        _shared = shared;
        GrainId = grainId;
    }

    public GrainId GrainId { get; }

    /// <summary>The activation that took the last call: it most likely takes the next one too.</summary>
    internal Activation? LastActivation { get; set; }

    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => GrainId.GetHashCode();

    public sealed override string ToString() => $"GrainReference:{GrainId}";

    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) =>
        reference1?.Equals(reference2) ?? reference2 is null;

    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    internal GrainReference CastTo(Type interfaceType) => ProxyBuilder.Create(interfaceType, _shared, GrainId);

    internal Task SendAsync(GrainMethod method, object?[] arguments) => _shared.Sender.Send(new TaskCall(this, method, arguments));

    internal ValueTask SendValueAsync(GrainMethod method, object?[] arguments) => new(SendAsync(method, arguments));

    internal Task<T> RequestAsync<T>(GrainMethod method, object?[] arguments) =>
        (Task<T>)_shared.Sender.Send(new ResultCall<T>(this, method, arguments));

    internal ValueTask<T> RequestValueAsync<T>(GrainMethod method, object?[] arguments) => new(RequestAsync<T>(method, arguments));

    internal IAsyncEnumerable<T> Enumerate<T>(GrainMethod method, object?[] arguments) =>
        new GrainEnumerable<T>(this, _shared.Sender, method, arguments);
}
