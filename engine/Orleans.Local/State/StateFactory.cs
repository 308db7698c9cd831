using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.State;

/// <inheritdoc/>
internal sealed class StateFactory : IStateFactory
{
    private readonly ConcurrentDictionary<Type, ConstructorInfo> _constructors = new();

    public object Create(Activation activation, PersistentStateAttribute attribute, Type parameterType) =>
        _constructors
            .GetOrAdd(
                parameterType,
                static type => typeof(PersistentState<>).MakeGenericType(type.GetGenericArguments()).GetConstructors()[0]
            )
            .Invoke(BindingFlags.DoNotWrapExceptions, null, [activation, attribute], null);
}
