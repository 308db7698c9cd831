using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Activations;

internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Warning, "Activating {GrainId} failed")]
    public static partial void ActivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(1002, LogLevel.Warning, "Deactivating {GrainId} did not complete")]
    public static partial void DeactivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(1003, LogLevel.Warning, "Disposing {GrainId} failed")]
    public static partial void DisposeFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(1004, LogLevel.Debug, "Collecting {Count} idle activations")]
    public static partial void Collecting(ILogger logger, int count);

    [LoggerMessage(1005, LogLevel.Error, "Collecting idle activations failed")]
    public static partial void CollectionFailed(ILogger logger, Exception exception);
}
