using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Health;

/// <summary>Turns a failure of the database under a grain into an exception that every caller can read. The log has the details.</summary>
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
            throw DatabaseProblem.ToNotReady(e);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "{Interface}.{Method} failed because of the database: {Reason}")]
    private partial void LogFailed(string @interface, string method, string reason);
}
