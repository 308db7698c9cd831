using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Interop.Grains.Tests.Support;

/// <summary>The log of a silo, as it would be written.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> All => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(_lines);

    public void Dispose() { }

    private sealed class Logger(ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => lines.Enqueue(new LogLine(logLevel, eventId.Id, $"{formatter(state, exception)} {exception}"));
    }
}

internal sealed record LogLine(LogLevel Level, int EventId, string Text);
