using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Local.Tests.Life;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Hosting;

public sealed class HostingTests
{
    [Fact]
    public async Task A_host_with_a_silo_registers_the_grain_factory_and_the_cluster_client()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => Localhost(silo).AddMemoryGrainStorageAsDefault());
        using var host = builder.Build();
        await host.StartAsync();
        var key = "hosted-" + Guid.NewGuid().ToString("N");
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(key).Activation();
        await host.Services.GetRequiredService<IClusterClient>().GetGrain<ILifeGrain>(key).Activation();
        await host.StopAsync();
        Assert.Equal(["activated", "ShuttingDown"], Signals.Noted(key));
    }

    [Fact]
    public async Task The_builder_of_a_silo_has_the_services_and_the_configuration_of_its_host()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Cluster:ServiceId"] = "configured" });
        IHostApplicationBuilder any = builder;
        any.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(serviceId: "of-localhost", clusterId: "of-localhost");
            silo.Configure<ClusterOptions>(silo.Configuration.GetSection("Cluster"));
            silo.Configure<SiloOptions>(options => options.SiloName = "named");
            silo.Services.AddSingleton(new Greeting { Text = "one" });
            silo.ConfigureServices(services => services.AddSingleton(new Greeting { Text = "two" }));
            silo.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
        });
        using var host = builder.Build();
        var cluster = host.Services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        Assert.Equal(("of-localhost", "configured"), (cluster.ClusterId, cluster.ServiceId));
        Assert.Equal("named", host.Services.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName);
        Assert.Equal(["one", "two"], host.Services.GetServices<Greeting>().Select(g => g.Text));
        Assert.Equal(LogLevel.Error, host.Services.GetRequiredService<IOptions<LoggerFilterOptions>>().Value.MinLevel);
    }

    // Before the start Orleans throws a NullReferenceException.
    [EmbeddedFact]
    public async Task A_stopped_silo_refuses_calls()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => Localhost(silo));
        using var host = builder.Build();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grains.GetGrain<ILifeGrain>("k").Activation());
        await host.StartAsync();
        await grains.GetGrain<ILifeGrain>("k").Activation();
        await host.StopAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grains.GetGrain<ILifeGrain>("k").Activation());
    }

    [EmbeddedFact]
    public void A_separate_client_is_refused_with_the_reason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(() => builder.UseOrleansClient(_ => { }));
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public void Clustering_is_refused_with_the_reason()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var exception = Assert.Throws<NotSupportedException>(() =>
            builder.UseOrleans(silo => silo.UseAdoNetClustering(options => options.Invariant = "Npgsql"))
        );
        Assert.Contains("-p:Engine=Orleans", exception.Message, StringComparison.Ordinal);
    }

    [EmbeddedFact]
    public async Task A_second_silo_is_refused_with_the_reason()
    {
        Assert.Throws<NotSupportedException>(() => new InProcessTestClusterBuilder(2).Build());
        await using var cluster = await Cluster.StartAsync();
        await Assert.ThrowsAsync<NotSupportedException>(cluster.StartAdditionalSiloAsync);
    }

    [TwoSilosFact]
    public async Task Activations_move_to_the_other_silo_when_their_silo_stops()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var grains = Enumerable.Range(0, 20).Select(i => cluster.Client.GetGrain<ILifeGrain>($"moving-{Guid.NewGuid():N}-{i}")).ToArray();
        var before = await Task.WhenAll(grains.Select(g => g.Activation()));
        Assert.Equal(before, await Task.WhenAll(grains.Select(g => g.Activation())));
        await cluster.StopSiloAsync(cluster.Silos[1]);
        await Task.WhenAll(grains.Select(g => g.Activation()));
    }

    /// <summary>A cluster of one silo on ports that are free.</summary>
    private static ISiloBuilder Localhost(ISiloBuilder silo)
    {
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var two = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        two.Start();
        return silo.UseLocalhostClustering(((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)two.LocalEndpoint).Port);
    }
}
