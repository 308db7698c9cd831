using Interop.Silo.Settings;
using Microsoft.Extensions.Logging.Console;

namespace Interop.Silo.Hosting;

/// <summary>Structured logs: a JSON object a line, on standard error, so that standard output stays for what a command has to say.</summary>
internal static class Logging
{
    public static void AddInteropLogging(this ILoggingBuilder logging, InteropSettings settings)
    {
        logging.SetMinimumLevel(settings.MinLogLevel);
        logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId); // the traceId of problems
        // Frameworks speak at Information about each request and call: ours is enough there.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // what keeps it from starting is thrown to the command, which says it in a line
        logging.AddFilter("Microsoft", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("System", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Npgsql", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Orleans", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Polly", Max(settings.MinLogLevel, LogLevel.Error));
        logging.AddJsonConsole(json =>
        {
            json.IncludeScopes = true;
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static LogLevel Max(LogLevel a, LogLevel b) => a > b ? a : b;
}
