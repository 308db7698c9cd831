using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Calls;

/// <summary>A reference that sends calls. <see cref="ProxyBuilder"/> derives one class per grain interface from it.</summary>
internal abstract class GrainProxy(CallSender sender, GrainId grainId) : GrainReference(grainId)
{
    /// <summary>The activation that took the last call: it most likely takes the next one too.</summary>
    public Activation? LastActivation { get; set; }

    internal override GrainReference CastTo(Type interfaceType) => ProxyBuilder.Create(interfaceType, sender, GrainId);

    internal Task SendAsync(GrainMethod method, object?[] arguments) => sender.Send(new TaskCall(this, method, arguments));

    internal ValueTask SendValueAsync(GrainMethod method, object?[] arguments) => new(SendAsync(method, arguments));

    internal Task<T> RequestAsync<T>(GrainMethod method, object?[] arguments) =>
        (Task<T>)sender.Send(new ResultCall<T>(this, method, arguments));

    internal ValueTask<T> RequestValueAsync<T>(GrainMethod method, object?[] arguments) => new(RequestAsync<T>(method, arguments));

    internal IAsyncEnumerable<T> Enumerate<T>(GrainMethod method, object?[] arguments) =>
        new GrainEnumerable<T>(this, sender, method, arguments);
}
