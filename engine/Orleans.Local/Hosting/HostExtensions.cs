using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;

namespace Microsoft.Extensions.Hosting;

/// <summary>Runs a silo in a host.</summary>
public static class OrleansSiloGenericHostExtensions
{
    /// <summary>Adds a silo to the host. A second call configures the same silo.</summary>
    public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleans(_ => { });

    /// <summary>Adds a silo to the host and configures it. A second call configures the same silo.</summary>
    public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        AddSilo(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
        return hostAppBuilder;
    }

    /// <summary>Adds a silo to the host. A second call configures the same silo.</summary>
    public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleans(_ => { });

    /// <summary>Adds a silo to the host and configures it. A second call configures the same silo.</summary>
    public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        AddSilo(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
        return hostAppBuilder;
    }

    /// <summary>Adds a silo to the host and configures it. A second call configures the same silo.</summary>
    public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<ISiloBuilder> configureDelegate) =>
        hostBuilder.ConfigureServices((context, services) => AddSilo(services, context.Configuration, configureDelegate));

    private static void AddSilo(IServiceCollection services, IConfiguration configuration, Action<ISiloBuilder> configure)
    {
        // A second call configures the same silo.
        if (services.All(s => s.ServiceType != typeof(LocalSilo)))
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddLogging();
            services
                .AddOptions<GrainCollectionOptions>()
                .Validate(
                    o => o.CollectionQuantum > TimeSpan.Zero && o.CollectionAge > o.CollectionQuantum,
                    "GrainCollectionOptions: the collection age must be longer than the collection quantum."
                );
            services.AddOptions<SiloMessagingOptions>();
            services.AddSingleton<LocalSilo>();
            services.AddSingleton(s => s.GetRequiredService<LocalSilo>().Context);
            services.AddSingleton<ITimerRegistry, TimerRegistry>();
            services.AddHostedService<SiloHostedService>();
            services.TryAddSingleton<IClusterClient>(s => s.GetRequiredService<LocalSilo>().GrainFactory);
            services.TryAddSingleton<IGrainFactory>(s => s.GetRequiredService<IClusterClient>());
        }

        configure(new SiloBuilder(services, configuration));
    }
}

/// <summary>Connects to a cluster. The embedded engine refuses it: its grains live in the process that calls them.</summary>
public static class OrleansClientGenericHostExtensions
{
    private const string Refusal =
        "The embedded engine has no separate clients: its grains live in the process that calls them. "
        + "Use UseOrleans, or build with -p:Engine=Orleans to connect to a cluster.";

    /// <exception cref="NotSupportedException">Always.</exception>
    public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder) =>
        throw new NotSupportedException(Refusal);

    /// <exception cref="NotSupportedException">Always.</exception>
    public static IHostApplicationBuilder UseOrleansClient(
        this IHostApplicationBuilder hostAppBuilder,
        Action<IClientBuilder> configureDelegate
    ) => throw new NotSupportedException(Refusal);

    /// <exception cref="NotSupportedException">Always.</exception>
    public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder) =>
        throw new NotSupportedException(Refusal);

    /// <exception cref="NotSupportedException">Always.</exception>
    public static HostApplicationBuilder UseOrleansClient(
        this HostApplicationBuilder hostAppBuilder,
        Action<IClientBuilder> configureDelegate
    ) => throw new NotSupportedException(Refusal);
}
