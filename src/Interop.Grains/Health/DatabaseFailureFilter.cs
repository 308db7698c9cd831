using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Health;

/// <summary>Tells callers, who know nothing of databases, that one failed under a grain: named, and without what it is made of.</summary>
internal sealed partial class DatabaseFailureFilter(ILogger<DatabaseFailureFilter> log) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (DatabaseException e)
        {
            LogFailed(context.InterfaceName, context.MethodName, e.Message);
            throw new NotReadyException(e.Message);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "{Interface}.{Method} failed under the database: {Reason}")]
    private partial void LogFailed(string @interface, string method, string reason);
}
