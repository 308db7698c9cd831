using System.Reflection;
using Orleans.Activations;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Orleans.Calls;

/// <summary>A call on its way through the silo's incoming filters, then the grain's own, to its method.</summary>
internal sealed class IncomingCallContext(GrainCall call, Activation activation) : IIncomingGrainCallContext
{
    private int _next;

    public IInvokable Request => call;

    public object Grain => activation.GrainInstance!;

    public IGrainContext TargetContext => activation;

    public GrainId? SourceId => call.Source?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public GrainInterfaceType InterfaceType => call.Method.InterfaceId;

    public string InterfaceName => call.Method.Method.DeclaringType!.Name;

    public string MethodName => call.Method.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.Method;

    public MethodInfo ImplementationMethod => call.Method.ImplementationIn(activation.Class.Type);

    public object? Result { get; set; }

    public async Task Invoke()
    {
        var filters = activation.Silo.IncomingFilters;
        var next = _next++;
        if (next < filters.Length)
        {
            await filters[next].Invoke(this);
        }
        else if (next == filters.Length && Grain is IIncomingGrainCallFilter own)
        {
            await own.Invoke(this);
        }
        else
        {
            var task = call.Invoke(Grain);
            await task;
            Result = call.BoxedResultOf(task);
        }
    }
}

/// <summary>A call on its way through the outgoing filters of its sender.</summary>
internal sealed class OutgoingCallContext(GrainCall call, CallSender sender) : IOutgoingGrainCallContext
{
    private readonly Activation? _source = (Activation?)RuntimeContext.Current;
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

    public object? Result { get; set; }

    public async Task Invoke()
    {
        var next = _next++;
        try
        {
            if (next < sender.OutgoingFilters.Length)
            {
                await sender.OutgoingFilters[next].Invoke(this);
                return;
            }

            // A filter may invoke again after a failure: a call is sent once, so a repeated call is a new one.
            var sent = _sent ? call.Repeat() : call;
            _sent = true;
            sender.Dispatch(sent, _source);
            if (sent.Method.OneWay)
                return;
            await sent.Answer;
            Result = sent.BoxedAnswer;
        }
        finally
        {
            _next--;
        }
    }
}
