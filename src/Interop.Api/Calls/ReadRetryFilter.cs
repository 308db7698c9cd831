using Microsoft.Extensions.Logging;

namespace Interop.Api.Calls;

/// <summary>
/// Repeats calls of query grains that failed because a silo failed: another silo can answer them. Calls that change something are not
/// repeated, because the first one may have succeeded.
/// </summary>
public sealed partial class ReadRetryFilter(TimeProvider time, ILogger<ReadRetryFilter> log) : IOutgoingGrainCallFilter
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>A cluster declares a failed silo dead within this time.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (!context.InterfaceMethod.DeclaringType!.IsAssignableTo(typeof(IQueryGrain)))
        {
            await context.Invoke();
            return;
        }

        var started = time.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 > MaxDelay ? MaxDelay : delay * 2)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (Exception e) when (e is TimeoutException or OrleansException && time.GetElapsedTime(started) + delay < Budget)
            {
                LogRepeated(context.InterfaceName, context.MethodName, e.Message);
            }

            await Task.Delay(delay, time);
        }
    }

    [LoggerMessage(3002, LogLevel.Warning, "{Interface}.{Method} is repeated: {Reason}")]
    private partial void LogRepeated(string @interface, string method, string reason);
}
