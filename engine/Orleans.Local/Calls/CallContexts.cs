using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Activations;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Orleans.Calls;

/// <summary>A request that passes the incoming filters of its silo: a call of a method, or a tick of a timer.</summary>
internal interface IFilteredRequest : IInvokable
{
    /// <summary>The calling grain; null when the caller is not a grain.</summary>
    GrainId? SourceId { get; }

    GrainInterfaceType InterfaceId { get; }

    MethodInfo ImplementationIn(Type grainClass);

    /// <summary>Runs the method and returns its result; null when it has none.</summary>
    Task<object?> InvokeAsync(object grain);
}

/// <summary>What the filters of a call know of its result. A filter that leaves it unset has broken the chain.</summary>
internal sealed class CallResult
{
    private ExceptionDispatchInfo? _failure;
    private object? _value;

    public bool IsSet { get; private set; }

    public object? Value
    {
        get => _value;
        set
        {
            (_value, _failure) = (value, null);
            IsSet = true;
        }
    }

    public void Fail(Exception exception)
    {
        (_value, _failure) = (null, ExceptionDispatchInfo.Capture(exception));
        IsSet = true;
    }

    /// <summary>The result, or the exception of the method: a filter that catches it and sets no other result does not replace
    /// it.</summary>
    public object? ValueOrThrow()
    {
        _failure?.Throw();
        return _value;
    }

    /// <exception cref="InvalidOperationException">The filter neither invoked the call nor set its result.</exception>
    public void ThrowIfUnset(object filter)
    {
        if (!IsSet)
            throw new InvalidOperationException($"The filter {filter.GetType()} neither invoked the call nor set its result.");
    }
}

/// <summary>A request on its way through the silo's incoming filters, then the grain's own, to its method.</summary>
internal sealed class IncomingCallContext(IFilteredRequest request, Activation activation) : IIncomingGrainCallContext
{
    private readonly CallResult _result = new();
    private int _next;

    public IInvokable Request => request;

    public object Grain => activation.GrainInstance!;

    public IGrainContext TargetContext => activation;

    public GrainId? SourceId => request.SourceId;

    public GrainId TargetId => activation.GrainId;

    public GrainInterfaceType InterfaceType => request.InterfaceId;

    public string InterfaceName => request.GetInterfaceName();

    public string MethodName => request.GetMethodName();

    public MethodInfo InterfaceMethod => request.GetMethod();

    public MethodInfo ImplementationMethod => request.ImplementationIn(activation.Class.Type);

    public object? Result
    {
        get => _result.Value;
        set => _result.Value = value;
    }

    /// <summary>The result for the caller, after <see cref="Invoke"/>.</summary>
    public object? ResultOrThrow() => _result.ValueOrThrow();

    public async Task Invoke()
    {
        var filters = activation.Silo.IncomingFilters;
        var next = _next++;
        try
        {
            if (next < filters.Length)
            {
                await filters[next].Invoke(this);
                _result.ThrowIfUnset(filters[next]);
            }
            else if (next == filters.Length && Grain is IIncomingGrainCallFilter own)
            {
                await own.Invoke(this);
                _result.ThrowIfUnset(own);
            }
            else
            {
                await InvokeMethodAsync();
            }
        }
        finally
        {
            // A filter may invoke again: the filters after it run again too.
            _next--;
        }
    }

    private async Task InvokeMethodAsync()
    {
        try
        {
            _result.Value = await request.InvokeAsync(Grain);
        }
        catch (Exception exception)
        {
            _result.Fail(exception);
            throw;
        }
    }
}

/// <summary>A call on its way through the outgoing filters of its sender.</summary>
internal sealed class OutgoingCallContext(GrainCall call, CallSender sender) : IOutgoingGrainCallContext
{
    private readonly Activation? _source = (Activation?)RuntimeContext.Current;
    private readonly CallResult _result = new();
    private int _next;
    private bool _sent;

    public IInvokable Request => call;

    public object Grain => call.Reference;

    public IGrainContext? SourceContext => _source;

    public GrainId? SourceId => _source?.GrainId;

    public GrainId TargetId => call.Reference.GrainId;

    public GrainInterfaceType InterfaceType => call.Method.InterfaceId;

    public string InterfaceName => call.Method.Method.DeclaringType!.Name;

    public string MethodName => call.Method.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.Method;

    public object? Result
    {
        get => _result.Value;
        set => _result.Value = value;
    }

    public async Task Invoke()
    {
        var next = _next++;
        try
        {
            if (next < sender.OutgoingFilters.Length)
            {
                var filter = sender.OutgoingFilters[next];
                await filter.Invoke(this);
                _result.ThrowIfUnset(filter);
            }
            else
            {
                await SendAsync();
            }
        }
        finally
        {
            _next--;
        }
    }

    private async Task SendAsync()
    {
        // A filter may invoke again after a failure: a call is sent once, so a repeated call is a new one.
        var sent = _sent ? call.Repeat() : call;
        _sent = true;
        sender.Dispatch(sent, _source);
        if (!sent.Method.OneWay)
            await sent.Answer;
        _result.Value = sent.Method.OneWay ? null : sent.BoxedAnswer;
    }
}
