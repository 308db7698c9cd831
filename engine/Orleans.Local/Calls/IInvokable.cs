using System.Reflection;

namespace Orleans.Serialization.Invocation;

/// <summary>One call of a grain's method. A filter can read and change its arguments before the method runs.</summary>
public interface IInvokable : IDisposable
{
    /// <summary>The grain, once the call has reached it.</summary>
    object? GetTarget();

    int GetArgumentCount();

    object? GetArgument(int index);

    void SetArgument(int index, object value);

    string GetMethodName();

    string GetInterfaceName();

    /// <summary>Interface and method, as traces show it.</summary>
    string GetActivityName();

    MethodInfo GetMethod();

    Type GetInterfaceType();

    CancellationToken GetCancellationToken();

    bool IsCancellable { get; }
}
