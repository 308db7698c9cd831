using System.Reflection;
using Microsoft.Extensions.Logging;
using Orleans.Activations;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Orleans.Storage;

namespace Orleans.Calls;

/// <summary>One call of a grain method, from the reference to the result.</summary>
internal abstract class GrainCall(GrainProxy reference, GrainMethod method, object?[] arguments) : ActivationWork, IFilteredRequest
{
    private CancellationTokenSource? _cancellation;
    private CancellationToken? _callerToken;
    private CancellationTokenRegistration _callerCancellation;

    public GrainProxy Reference { get; } = reference;

    public GrainMethod Method { get; } = method;

    public object?[] Arguments { get; } = arguments;

    /// <summary>The request context of the caller when it made the call.</summary>
    public Dictionary<string, object>? Context { get; set; }

    public override Dictionary<string, object>? CallerContext => Context;

    /// <summary>The calling activation; null when the caller is not a grain.</summary>
    public Activation? Source { get; set; }

    /// <summary>The list of pending calls that contains this call, its neighbours there, and its deadline.</summary>
    public CallTimeouts? Timeouts { get; set; }

    public GrainCall? Previous { get; set; }

    public GrainCall? Next { get; set; }

    public long Deadline { get; set; }

    /// <summary>What the caller awaits.</summary>
    public abstract Task Answer { get; }

    public abstract object? BoxedAnswer { get; }

    public override bool AlwaysInterleave => Method.AlwaysInterleave;

    public override bool ReadOnly => Method.ReadOnly;

    public override Guid ReentrancyId => RequestContext.ReentrancyIdOf(Context);

    public override bool IsAbandoned => Answer.IsCompleted;

    public override void OnEnqueued(Activation activation) => Reference.LastActivation = activation;

    /// <summary>The arguments with the token of the caller.</summary>
    protected object?[] OriginalArguments()
    {
        object?[] arguments = [.. Arguments];
        if (_callerToken is { } token)
            arguments[Method.TokenIndex] = token;
        return arguments;
    }

    public CancellationToken CallerToken => Method.TokenIndex < 0 ? default : (CancellationToken)Arguments[Method.TokenIndex]!;

    public bool IsCancellable => Method.TokenIndex >= 0;

    /// <summary>
    /// The grain gets a separate token. Cancellation ends the wait of the caller at once and reaches the grain in a turn, so that callbacks
    /// which the grain registered on its token do not run concurrently with its other code.
    /// </summary>
    public void LinkCancellation()
    {
        var token = CallerToken;
        if (!token.CanBeCanceled)
            return;
        _cancellation = new CancellationTokenSource();
        _callerToken = token;
        Arguments[Method.TokenIndex] = _cancellation.Token;
        _callerCancellation = token.UnsafeRegister(static (call, token) => ((GrainCall)call!).OnCallerCancelled(token), this);
    }

    public override void Run()
    {
        var activation = Activation!;
        RequestContext.Import(Context);

        // The caller cancelled after this call was chosen to run.
        if (_cancellation is not null && IsAbandoned)
            _cancellation.Cancel();
        if (activation.FiltersRequests)
        {
            _ = RunFilteredAsync(activation);
            return;
        }

        Task task;
        try
        {
            task = Invoke(activation.GrainInstance!);
        }
        catch (Exception exception)
        {
            Fail(exception);
            activation.Finish(this);
            return;
        }

        if (task is null || task.IsCompleted)
        {
            Complete(task);
            activation.Finish(this);
        }
        else
        {
            _ = AwaitAsync(activation, task);
        }
    }

    public override void Reject(Exception exception) => Fail(exception);

    /// <summary>What the caller awaits when the sender has filters.</summary>
    public abstract Task SendThroughFilters(CallSender sender);

    /// <summary>The same call, to be sent again.</summary>
    public abstract GrainCall Repeat();

    /// <summary>Calls the method on the grain.</summary>
    public abstract Task Invoke(object grain);

    public abstract object? BoxedResultOf(Task task);

    /// <summary>Sets the result of the call; false if it already had one.</summary>
    public bool TrySucceed(object? result) => Settle(SetResult(result));

    public bool TryFail(Exception exception) => Settle(SetException(exception));

    protected abstract bool SetResult(object? result);

    protected abstract bool SetResultOf(Task task);

    protected abstract bool SetException(Exception exception);

    private bool Settle(bool first)
    {
        if (first)
        {
            Timeouts?.Remove(this);
            _callerCancellation.Unregister();
        }

        return first;
    }

    private async Task AwaitAsync(Activation activation, Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Complete(task);
        activation.Finish(this);
    }

    private async Task RunFilteredAsync(Activation activation)
    {
        try
        {
            var context = new IncomingCallContext(this, activation);
            await context.Invoke();
            TrySucceed(context.ResultOrThrow());
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        activation.Finish(this);
    }

    private void Complete(Task? task)
    {
        if (task is null)
            Fail(ReturnedNull());
        else if (task.IsCompletedSuccessfully)
            Settle(SetResultOf(task));
        else
            Fail(task.Exception?.InnerException ?? new TaskCanceledException(task));
    }

    private InvalidOperationException ReturnedNull() => new($"{Method} returned null instead of a task.");

    private void Fail(Exception exception)
    {
        TryFail(exception);
        if (Activation is not { } activation)
            return;
        if (Method.OneWay)
            CallLog.OneWayFailed(activation.Silo.Logger, exception, Method, Reference.GrainId);

        // The state in memory differs from the stored one: the next call must read it again.
        if (exception is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            activation.Deactivate(
                new DeactivationReason(DeactivationReasonCode.ApplicationError, exception, "Its state was inconsistent.")
            );
        }
    }

    private void OnCallerCancelled(CancellationToken cancellationToken)
    {
        TryFail(new OperationCanceledException(cancellationToken));
        Activation?.Post(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
    }

    GrainId? IFilteredRequest.SourceId => Source?.GrainId;

    GrainInterfaceType IFilteredRequest.InterfaceId => Method.InterfaceId;

    MethodInfo IFilteredRequest.ImplementationIn(Type grainClass) => Method.ImplementationIn(grainClass);

    async Task<object?> IFilteredRequest.InvokeAsync(object grain)
    {
        var task = Invoke(grain) ?? throw ReturnedNull();
        await task;
        return BoxedResultOf(task);
    }

    object? IInvokable.GetTarget() => Activation?.GrainInstance;

    int IInvokable.GetArgumentCount() => Arguments.Length;

    object? IInvokable.GetArgument(int index) => Arguments[index];

    void IInvokable.SetArgument(int index, object value) => Arguments[index] = value;

    string IInvokable.GetMethodName() => Method.Method.Name;

    string IInvokable.GetInterfaceName() => Method.Method.DeclaringType!.Name;

    string IInvokable.GetActivityName() => $"{Method.Method.DeclaringType!.Name}/{Method.Method.Name}";

    MethodInfo IInvokable.GetMethod() => Method.Method;

    Type IInvokable.GetInterfaceType() => Method.Method.DeclaringType!;

    CancellationToken IInvokable.GetCancellationToken() => CallerToken;

    void IDisposable.Dispose()
    {
        // A call owns no resources.
    }
}

/// <summary>A call without a result.</summary>
internal sealed class TaskCall(GrainProxy reference, GrainMethod method, object?[] arguments) : GrainCall(reference, method, arguments)
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task Answer => _answer.Task;

    public override object? BoxedAnswer => null;

    // The caller of a one-way call does not wait, so a completed answer does not mean that the call was abandoned.
    public override bool IsAbandoned => !Method.OneWay && base.IsAbandoned;

    public override Task SendThroughFilters(CallSender sender) => new OutgoingCallContext(this, sender).Invoke();

    public override GrainCall Repeat() => new TaskCall(Reference, Method, OriginalArguments());

    public override Task Invoke(object grain) => ((Func<object, object?[], Task>)Method.Invoker)(grain, Arguments);

    public override object? BoxedResultOf(Task task) => null;

    protected override bool SetResult(object? result) => _answer.TrySetResult();

    protected override bool SetResultOf(Task task) => _answer.TrySetResult();

    protected override bool SetException(Exception exception) => _answer.TrySetException(exception);
}

/// <summary>A call with a result.</summary>
internal sealed class ResultCall<T>(GrainProxy reference, GrainMethod method, object?[] arguments) : GrainCall(reference, method, arguments)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task Answer => _answer.Task;

    public override object? BoxedAnswer => _answer.Task.Result;

    public override Task SendThroughFilters(CallSender sender) => SendThroughFiltersAsync(sender);

    public override GrainCall Repeat() => new ResultCall<T>(Reference, Method, OriginalArguments());

    public override Task Invoke(object grain) => ((Func<object, object?[], Task<T>>)Method.Invoker)(grain, Arguments);

    public override object? BoxedResultOf(Task task) => ((Task<T>)task).Result;

    protected override bool SetResult(object? result) => _answer.TrySetResult((T)result!);

    protected override bool SetResultOf(Task task) => _answer.TrySetResult(((Task<T>)task).Result);

    protected override bool SetException(Exception exception) => _answer.TrySetException(exception);

    private async Task<T> SendThroughFiltersAsync(CallSender sender)
    {
        var context = new OutgoingCallContext(this, sender);
        await context.Invoke();
        return (T)context.Result!;
    }
}

internal static partial class CallLog
{
    [LoggerMessage(1101, LogLevel.Warning, "The one-way call {Method} to {GrainId} failed")]
    public static partial void OneWayFailed(ILogger logger, Exception exception, GrainMethod method, GrainId grainId);
}
