using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Interop.Grains.Tests.Support;

/// <summary>Records the event ids that a silo logs at level Warning or above, for tests that wait for one.</summary>
internal sealed class EventLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentDictionary<int, bool> _ids = new();

    public bool Has(int eventId) => _ids.ContainsKey(eventId);

    public void AddTo(ILoggingBuilder logging) =>
        logging.AddProvider(this).AddFilter<EventLog>(category: null, level => level >= LogLevel.Warning);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => _ids.TryAdd(eventId.Id, true);

    public void Dispose() { }
}
