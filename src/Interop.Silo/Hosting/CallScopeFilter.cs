using Interop.Observability;

namespace Interop.Silo.Hosting;

/// <summary>
/// Gives the log lines of a grain call the scope of the request that caused it, on whichever silo the grain runs: the request id, and the
/// grain itself, whose key names the run or the source and type.
/// </summary>
internal sealed class CallScopeFilter(ILogger<CallScopeFilter> log) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (RequestContext.Get(RequestScope.RequestId) is not string requestId)
        {
            await context.Invoke();
            return;
        }

        KeyValuePair<string, object?>[] scope = [new(RequestScope.RequestId, requestId), new("Grain", context.TargetId.ToString())];
        using (log.BeginScope(scope))
            await context.Invoke();
    }
}
