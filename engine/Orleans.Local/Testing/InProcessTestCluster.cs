using System.Collections.ObjectModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Activations;
using Orleans.Calls;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>
/// A cluster within a test: on the embedded engine one silo, and a client with a separate service provider. The client calls the silo that
/// runs now, so its references stay valid when the silo restarts.
/// </summary>
public sealed class InProcessTestCluster : IAsyncDisposable, IDisposable
{
    internal const string OneSilo = "The embedded engine is one process and has one silo. Run tests that need more with -p:Engine=Orleans.";

    private readonly SiloSlot _slot = new();
    private readonly List<InProcessSiloHandle> _silos = [];
    private IHost? _clientHost;
    private CallSender? _clientSender;
    private IClusterClient? _client;
    private int _started;

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    /// <summary>The options that the builder was given.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <exception cref="InvalidOperationException">The cluster is not deployed, or <see cref="StopAllSilosAsync"/> has stopped
    /// it.</exception>
    public IClusterClient Client =>
        _client ?? throw new InvalidOperationException("The test cluster has no client: it is not deployed, or it was stopped.");

    /// <summary>The silos that run.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos => _silos.AsReadOnly();

    /// <summary>Starts the silo and the client.</summary>
    public async Task DeployAsync()
    {
        await StartSiloAsync();
        StartClient();
    }

    /// <summary>The silos that run.</summary>
    public IEnumerable<InProcessSiloHandle> GetActiveSilos() => _silos.Where(s => s.IsActive);

    /// <summary>The services of a silo.</summary>
    /// <param name="silo">The address of the silo; null for any.</param>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) =>
        _silos.First(s => silo is null || s.SiloAddress.Equals(silo)).ServiceProvider;

    /// <exception cref="NotSupportedException">A silo already runs, and the embedded engine has only one.</exception>
    public async Task<InProcessSiloHandle> StartAdditionalSiloAsync() =>
        GetActiveSilos().Any() ? throw new NotSupportedException(OneSilo) : await StartSiloAsync();

    /// <summary>Stops the silo gracefully: every activation is deactivated.</summary>
    public async Task StopSiloAsync(InProcessSiloHandle instance)
    {
        await instance.StopSiloAsync(stopGracefully: true);
        Drop(instance);
    }

    /// <summary>Ends the silo as a crash does, without OnDeactivateAsync.</summary>
    public async Task KillSiloAsync(InProcessSiloHandle instance)
    {
        await instance.StopSiloAsync(stopGracefully: false);
        Drop(instance);
    }

    /// <summary>Stops the silo gracefully and starts a new one.</summary>
    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        await StopSiloAsync(instance);
        return await StartSiloAsync();
    }

    /// <summary>Stops the client, then every silo gracefully.</summary>
    public async Task StopAllSilosAsync()
    {
        await StopClientAsync();
        foreach (var silo in _silos.ToArray())
            await StopSiloAsync(silo);
    }

    /// <summary>Ends the silos and the client at once. Orleans' own class stops the silos gracefully.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos.ToArray())
            await KillSiloAsync(silo);
        await StopClientAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task<InProcessSiloHandle> StartSiloAsync()
    {
        var specific = new InProcessTestSiloSpecificOptions { SiloName = $"Silo_{_started++}" };
        var builder = NewHost();
        foreach (var configure in Options.SiloHostConfigurationDelegates)
            configure(specific, builder);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(Identify).Configure<SiloOptions>(o => o.SiloName = specific.SiloName);
            foreach (var configure in Options.SiloDelegates)
                configure(specific, silo);
        });

        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        var handle = new InProcessSiloHandle(host, specific.SiloName);
        _silos.Add(handle);
        _slot.Silo = handle.Silo.Context;
        return handle;
    }

    private void StartClient()
    {
        var builder = NewHost();
        foreach (var configure in Options.ClientHostConfigurationDelegates)
            configure(builder);
        builder.Services.Configure<ClusterOptions>(Identify);
        foreach (var configure in Options.ClientDelegates)
            configure(new ClientBuilder(builder.Services, builder.Configuration));
        builder.Services.AddSingleton<IGrainFactory>(_ => Client);
        builder.Services.AddSingleton(_ => Client);

        _clientHost = builder.Build();
        var services = _clientHost.Services;
        var timeout = services.GetRequiredService<IOptions<ClientMessagingOptions>>().Value.ResponseTimeout;
        _clientSender = new CallSender(
            _slot,
            timeout,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            [.. services.GetServices<IOutgoingGrainCallFilter>()]
        );
        _client = new GrainFactory(_clientSender, new GrainClassMap(), services);
        _clientHost.Start();
    }

    private async Task StopClientAsync()
    {
        _client = null;
        _clientSender?.Dispose();
        if (_clientHost is not { } host)
            return;
        _clientHost = null;
        await host.StopAsync();
        host.Dispose();
    }

    private void Drop(InProcessSiloHandle silo)
    {
        _silos.Remove(silo);
        if (ReferenceEquals(_slot.Silo, silo.Silo.Context))
            _slot.Silo = null;
        _clientSender?.FailAll(new SiloUnavailableException("The silo has stopped."));
    }

    private void Identify(ClusterOptions options)
    {
        options.ClusterId = Options.ClusterId;
        options.ServiceId = Options.ServiceId;
    }

    // Without appsettings, environment and console: a test sees only what it configures.
    private static HostApplicationBuilder NewHost() => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
}
