using System.Data.Common;
using Interop.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Interop.Health;

/// <summary>
/// Turns a failure of the database under a grain into an exception that every caller can read. The log has the details. The engine's own
/// stores, of reminders and grain states, throw the provider's exceptions, which cannot cross from one silo to another.
/// </summary>
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
        catch (Exception e) when (IsOfProvider(e))
        {
            LogEngineFailed(e, context.InterfaceName, context.MethodName);
            throw DatabaseProblem.OfEngine();
        }
    }

    private static bool IsOfProvider(Exception? e) =>
        e switch
        {
            // The engine must see it: it ends the activation.
            null or InconsistentStateException => false,
            DbException => true,
            _ => IsOfProvider(e.InnerException),
        };

    [LoggerMessage(2201, LogLevel.Warning, "{Interface}.{Method} failed because of the database: {Reason}")]
    private partial void LogFailed(string @interface, string method, string reason);

    [LoggerMessage(2203, LogLevel.Warning, "{Interface}.{Method} failed because of the engine's own tables")]
    private partial void LogEngineFailed(Exception e, string @interface, string method);
}
