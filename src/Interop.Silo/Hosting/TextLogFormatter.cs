using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Interop.Silo.Hosting;

/// <summary>One line per entry: time, level, the last part of the category, message. Control characters of the message are
/// replaced.</summary>
internal sealed class TextLogFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "interop-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug",
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            _ => "error",
        };
        var category = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        textWriter.WriteLine(
            $"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {level} {category}: {Terminal.Printable(message)}"
        );
        if (logEntry.Exception is { } exception)
            textWriter.WriteLine(
                string.Join('\n', exception.ToString().Split('\n').Select(line => "      " + Terminal.Printable(line.TrimEnd())))
            );
    }
}
