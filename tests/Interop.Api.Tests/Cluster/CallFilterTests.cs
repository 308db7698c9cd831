using System.Collections.Concurrent;
using Interop.Observability;
using Interop.Silo.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;

namespace Interop.Api.Tests.Cluster;

[Alias("tests.IFlakyQueryGrain")]
public interface IFlakyQueryGrain : IQueryGrain
{
    /// <summary>Fails as a lost silo does until it has been called this many times under the name; then returns the number of
    /// calls.</summary>
    [Alias("CountAfter")]
    Task<int> CountAfter(string name, int failures);
}

[Alias("tests.IFlakyCommandGrain")]
public interface IFlakyCommandGrain : IGrainWithIntegerKey
{
    [Alias("CountAfter")]
    Task<int> CountAfter(string name, int failures);

    [Alias("Log")]
    Task Log(string text);
}

[StatelessWorker]
public sealed class FlakyGrain(ILogger<FlakyGrain> log) : Grain, IFlakyQueryGrain, IFlakyCommandGrain
{
    private static readonly ConcurrentDictionary<string, int> Calls = new();

    public Task<int> CountAfter(string name, int failures)
    {
        var call = Calls.AddOrUpdate(name, 1, (_, n) => n + 1);
        return call <= failures ? throw new SiloUnavailableException("The silo is gone.") : Task.FromResult(call);
    }

    public Task Log(string text)
    {
#pragma warning disable CA1848, CA2254 // a test's log line
        log.LogInformation(text);
#pragma warning restore CA1848, CA2254
        return Task.CompletedTask;
    }
}

public sealed class CallFilterTests : IAsyncLifetime
{
    private readonly ScopeRecorder _logs = new();
    private InProcessTestCluster? _cluster;

    private IGrainFactory Grains => _cluster!.Client;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.AddSingleton(TimeProvider.System));
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.AddIncomingGrainCallFilter<CallScopeFilter>();
                silo.Services.AddSingleton<ILoggerProvider>(_logs);
            }
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_read_that_failed_with_its_silo_is_repeated() =>
        Assert.Equal(3, await Grains.GetQuery<IFlakyQueryGrain>().CountAfter(Guid.NewGuid().ToString(), failures: 2));

    [Fact]
    public async Task A_call_that_may_change_something_is_not_repeated()
    {
        var name = Guid.NewGuid().ToString();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Grains.GetGrain<IFlakyCommandGrain>(0).CountAfter(name, failures: 1));
        Assert.Equal(2, await Grains.GetGrain<IFlakyCommandGrain>(0).CountAfter(name, failures: 1));
    }

    [Fact]
    public async Task A_log_line_of_a_grain_names_the_request_that_called_it()
    {
        RequestContext.Set(RequestScope.RequestId, "request-1");
        await Grains.GetGrain<IFlakyCommandGrain>(0).Log("inside");
        RequestContext.Clear();
        await Grains.GetGrain<IFlakyCommandGrain>(0).Log("outside");

        Assert.Contains("RequestId=request-1", _logs.ScopesOf("inside"));
        Assert.Contains(_logs.ScopesOf("inside"), scope => scope.StartsWith("Grain=flaky/", StringComparison.Ordinal));
        Assert.Empty(_logs.ScopesOf("outside"));
    }

    private sealed class ScopeRecorder : ILoggerProvider, ISupportExternalScope
    {
        private readonly ConcurrentDictionary<string, string[]> _lines = new();
        private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

        public string[] ScopesOf(string line) => _lines[line];

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public ILogger CreateLogger(string categoryName) => new Recorder(this);

        public void Dispose() { }

        private sealed class Recorder(ScopeRecorder owner) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => owner._scopes.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel,
                EventId eventId,
                TState state,
                Exception? exception,
                Func<TState, Exception?, string> formatter
            )
            {
                var scopes = new List<string>();
                owner._scopes.ForEachScope(
                    (scope, list) =>
                        list.AddRange(
                            scope is IEnumerable<KeyValuePair<string, object?>> pairs
                                ? pairs.Where(p => p.Key is "RequestId" or "Grain").Select(p => $"{p.Key}={p.Value}")
                                : []
                        ),
                    scopes
                );
                owner._lines[formatter(state, exception)] = [.. scopes];
            }
        }
    }
}
