using System.Reflection;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Orleans;

/// <summary>A call inside the filters.</summary>
public interface IGrainCallContext
{
    /// <summary>The call with its arguments.</summary>
    IInvokable Request { get; }

    /// <summary>Incoming: the grain. Outgoing: the reference to it.</summary>
    object Grain { get; }

    /// <summary>Null when the caller is not a grain.</summary>
    GrainId? SourceId { get; }

    /// <summary>The grain that is called.</summary>
    GrainId TargetId { get; }

    /// <summary>The name of the grain interface within the cluster.</summary>
    GrainInterfaceType InterfaceType { get; }

    /// <summary>The name of the grain interface for messages.</summary>
    string InterfaceName { get; }

    /// <summary>The name of the method.</summary>
    string MethodName { get; }

    /// <summary>The method of the grain interface.</summary>
    MethodInfo InterfaceMethod { get; }

    /// <summary>The result of the method, after <see cref="Invoke"/>. A filter may replace it.</summary>
    object? Result { get; set; }

    /// <summary>Calls the next filter, and after the last filter the method.</summary>
    Task Invoke();
}

/// <summary>A call that has reached its grain.</summary>
public interface IIncomingGrainCallContext : IGrainCallContext
{
    /// <summary>The activation that is called.</summary>
    IGrainContext TargetContext { get; }

    /// <summary>The method of the grain class.</summary>
    MethodInfo ImplementationMethod { get; }
}

/// <summary>A call that leaves a grain or a client.</summary>
public interface IOutgoingGrainCallContext : IGrainCallContext
{
    /// <summary>Null when the caller is not a grain.</summary>
    IGrainContext? SourceContext { get; }
}

/// <summary>Runs around every call that reaches a grain of the silo; a grain class may implement it for its own calls.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>
    /// Runs around the call. The implementation calls <see cref="IGrainCallContext.Invoke"/>, or sets the result or throws instead.
    /// </summary>
    Task Invoke(IIncomingGrainCallContext context);
}

/// <summary>Runs around every call that leaves.</summary>
public interface IOutgoingGrainCallFilter
{
    /// <summary>
    /// Runs around the call. The implementation calls <see cref="IGrainCallContext.Invoke"/>, or sets the result or throws instead.
    /// </summary>
    Task Invoke(IOutgoingGrainCallContext context);
}

/// <inheritdoc cref="IIncomingGrainCallFilter"/>
public delegate Task IncomingGrainCallFilterDelegate(IIncomingGrainCallContext context);

/// <inheritdoc cref="IOutgoingGrainCallFilter"/>
public delegate Task OutgoingGrainCallFilterDelegate(IOutgoingGrainCallContext context);

internal sealed class IncomingGrainCallFilter(IncomingGrainCallFilterDelegate filter) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) => filter(context);
}

internal sealed class OutgoingGrainCallFilter(OutgoingGrainCallFilterDelegate filter) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) => filter(context);
}
