using System.Reflection;

namespace Orleans.Serialization.Invocation;

/// <summary>One call of a grain's method. A filter can read and change its arguments before the method runs.</summary>
public interface IInvokable : IDisposable
{
    /// <summary>The grain, once the call has reached it.</summary>
    object? GetTarget();

    /// <summary>The number of arguments.</summary>
    int GetArgumentCount();

    /// <summary>An argument by its position, from 0.</summary>
    object? GetArgument(int index);

    /// <summary>Replaces an argument.</summary>
    void SetArgument(int index, object value);

    /// <summary>The name of the method.</summary>
    string GetMethodName();

    /// <summary>The name of the grain interface.</summary>
    string GetInterfaceName();

    /// <summary>Interface and method, as traces show it.</summary>
    string GetActivityName();

    /// <summary>The method of the grain interface.</summary>
    MethodInfo GetMethod();

    /// <summary>The grain interface.</summary>
    Type GetInterfaceType();

    /// <summary>The token among the arguments; none when there is no such argument.</summary>
    CancellationToken GetCancellationToken();

    /// <summary>Whether the method takes a <see cref="CancellationToken"/>.</summary>
    bool IsCancellable { get; }
}
