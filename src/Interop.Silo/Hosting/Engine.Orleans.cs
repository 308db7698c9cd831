using System.Net;
using System.Net.Sockets;
using Interop.Access;
using Interop.Api.Access;
using Interop.Silo.Settings;
using Interop.Storage;
using Interop.Storage.Connections;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Interop.Silo.Hosting;

/// <summary>
/// Microsoft Orleans: silos find each other through PostgreSQL. On SQLite, and for a command that runs once, one silo runs by itself on
/// free loopback ports with reminders in memory; runs that were interrupted are resumed at the next start.
/// </summary>
internal static partial class Engine
{
    /// <summary>The engine, as the start line names it.</summary>
    public const string Description = "Microsoft Orleans";

    /// <summary>Whether a database belongs to one process at a time.</summary>
    public static bool IsEmbedded => false;

    private static readonly TimeSpan ConnectionRetryDelay = TimeSpan.FromSeconds(2);

    /// <summary>How soon a front end sees that a silo has joined or failed.</summary>
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(2);

    /// <exception cref="SettingsException">The role cannot run with these settings.</exception>
    public static void AddEngine(this IHostApplicationBuilder builder, InteropSettings settings, bool alone = false)
    {
        if (settings.Role == ProcessRole.Api && !alone)
            builder.AddClient(settings);
        else
            builder.AddSilo(settings, alone || !settings.IsPostgres);
    }

    /// <summary>Adds the pages of the engine to the front end of a cluster: the Orleans dashboard, which shows grain states.</summary>
    public static void MapEngine(this WebApplication app, InteropSettings settings)
    {
        if (settings.IsPostgres)
            app.MapOrleansDashboard("/orleans").RequireRole(AccessRole.Admin).ExcludeFromDescription();
    }

    private static void AddClient(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        if (!settings.IsPostgres)
            throw new SettingsException("ROLE=api needs DB_URL: the cluster is found through PostgreSQL");
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(settings.Identify);
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
            client.AddActivityPropagation();
            client.AddDashboard();
            if (ClusterTls.Read(settings) is { } tls)
                client.UseTls(tls.Configure);
            client.UseAdoNetClustering(store =>
                (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
            );
            // The silos may start later, and the first of them creates the membership table.
            client.UseConnectionRetryFilter<ConnectionRetry>();
        });
    }

    private static void AddSilo(this IHostApplicationBuilder builder, InteropSettings settings, bool alone) =>
        builder.UseOrleans(silo =>
        {
            silo.AddIncomingGrainCallFilter<CallScopeFilter>();
            silo.AddActivityPropagation();
            silo.AddPlacementDirector<HashBasedPlacement, RunPlacementDirector>();
            if (alone)
            {
                var (siloPort, gatewayPort) = FreePorts();
                silo.UseLocalhostClustering(siloPort, gatewayPort);
                // Not the cluster's name: another silo on this database must never take this one for a member.
                silo.Configure<ClusterOptions>(cluster =>
                    (cluster.ClusterId, cluster.ServiceId) = ($"{settings.ClusterId}-{Guid.NewGuid():N}", settings.ServiceId)
                );
                silo.UseInMemoryReminderService();
                if (!settings.IsPostgres)
                {
                    silo.AddMemoryGrainStorageAsDefault();
                    return;
                }
            }
            else
            {
                silo.Configure<ClusterOptions>(settings.Identify);
                silo.Services.AddOptions<ClusterMembershipOptions>()
                    .Bind(new ConfigurationBuilder().AddInMemoryCollection(Membership).Build());
                silo.AddEndpoints(settings);
                silo.AddDashboard();
                if (ClusterTls.Read(settings) is { } tls)
                    silo.UseTls(tls.Configure);
                silo.UseAdoNetClustering(store =>
                    (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
                );
                silo.UseAdoNetReminderService(store =>
                    (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
                );
            }

            silo.AddAdoNetGrainStorageAsDefault(store =>
                (store.Invariant, store.ConnectionString) = DatabaseProviders.ForOrleans(settings.DatabaseOptions)
            );
        });

    private static void Identify(this InteropSettings settings, ClusterOptions cluster) =>
        (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, settings.ServiceId);

    /// <summary>
    /// For a fleet of up to some ten silos: a silo that does not answer is declared dead after three probes, in about 6 s, also when its
    /// connections stay open because it is frozen. Orleans' defaults are for hundreds of silos and need half a minute. By name, because not
    /// every version of Orleans has the longest probe.
    /// </summary>
    private static readonly Dictionary<string, string?> Membership = new()
    {
        [nameof(ClusterMembershipOptions.ProbeTimeout)] = "00:00:02",
        ["MaxProbeTimeout"] = "00:00:02",
        [nameof(ClusterMembershipOptions.IAmAliveTablePublishTimeout)] = "00:00:03",
        [nameof(ClusterMembershipOptions.TableRefreshTimeout)] = "00:00:05",
    };

    private static void AddEndpoints(this ISiloBuilder silo, InteropSettings settings)
    {
        // On loopback several silos share the machine, so they take free ports.
        var free = FreePorts();
        var isLoopback = settings.AdvertisedAddress is { } own && IPAddress.IsLoopback(own);
        var siloPort = settings.SiloPort ?? (isLoopback ? 0 : InteropSettings.DefaultSiloPort);
        var gatewayPort = settings.GatewayPort ?? (isLoopback ? 0 : InteropSettings.DefaultGatewayPort);
        siloPort = siloPort == 0 ? free.Silo : siloPort;
        gatewayPort = gatewayPort == 0 ? free.Gateway : gatewayPort;
        if (settings.AdvertisedAddress is { } address)
            silo.ConfigureEndpoints(address, siloPort, gatewayPort, listenOnAnyHostAddress: !address.Equals(settings.BindAddress));
        else
            silo.ConfigureEndpoints(siloPort, gatewayPort);
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }

    /// <summary>Tries to reach the cluster until the host stops.</summary>
    private sealed partial class ConnectionRetry(TimeProvider time, ILogger<ConnectionRetry> log) : IClientConnectionRetryFilter
    {
        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            LogNotReached(ConnectionRetryDelay.TotalSeconds, exception.Message);
            await Task.Delay(ConnectionRetryDelay, time, cancellationToken);
            return true;
        }

        [LoggerMessage(1501, LogLevel.Warning, "The cluster cannot be reached yet; the next attempt follows in {Seconds} s: {Reason}")]
        private partial void LogNotReached(double seconds, string reason);
    }
}
