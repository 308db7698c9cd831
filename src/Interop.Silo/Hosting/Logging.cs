using Interop.Silo.Settings;
using Microsoft.Extensions.Logging.Console;

namespace Interop.Silo.Hosting;

/// <summary>Logs on standard error: a line of text for people at a terminal, a JSON object per line everywhere else.</summary>
internal static class Logging
{
    private const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static void AddInteropLogging(this ILoggingBuilder logging, InteropSettings settings)
    {
        logging.SetMinimumLevel(settings.MinLogLevel);
        logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId); // the traceId of problems
        // A start that fails throws to the command, which prints one line.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        // At Information the frameworks log every request and call; Interop's own lines are enough there.
        logging.AddFilter("Microsoft", Max(settings.MinLogLevel, LogLevel.Warning));
        // It warns at each start that its keys are not encrypted in the database (docs/adr/0012-the-dashboard.md says why).
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", Max(settings.MinLogLevel, LogLevel.Error));
        logging.AddFilter("System", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Npgsql", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Orleans", Max(settings.MinLogLevel, LogLevel.Warning));
        logging.AddFilter("Orleans.Runtime.Silo", Max(settings.MinLogLevel, LogLevel.Error)); // it warns at each start that ServerGC is off
        logging.AddFilter("Polly", Max(settings.MinLogLevel, LogLevel.Error));
        if (settings.WritesLogsAsText)
        {
            logging
                .AddConsole(console => console.FormatterName = TextLogFormatter.FormatterName)
                .AddConsoleFormatter<TextLogFormatter, ConsoleFormatterOptions>();
        }
        else
        {
            logging.AddJsonConsole(json =>
            {
                json.IncludeScopes = true;
                json.UseUtcTimestamp = true;
                json.TimestampFormat = TimestampFormat;
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static LogLevel Max(LogLevel a, LogLevel b) => a > b ? a : b;
}
