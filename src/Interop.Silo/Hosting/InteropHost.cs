using Interop.Api;
using Interop.Ingestion.Leases;
using Interop.Silo.Settings;

namespace Interop.Silo.Hosting;

/// <summary>Composes the process: settings, database, engine, grains, and, unless it is a command that runs once, the API.</summary>
internal static class InteropHost
{
    /// <summary>Longer than a page takes; after it open connections are closed.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(4);

    /// <summary>A process that serves the API.</summary>
    public static async Task<WebApplication> CreateServerAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        await DatabaseSetup.MigrateAsync(settings, cancellationToken);
        await ServerSecurity.CheckAsync(settings, cancellationToken);
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot") }
        );
        builder.AddPlatform(settings);
        builder.AddEngine(settings);
        builder.AddFeatures(settings, ProcessKind.Server);
        builder.AddServerFeatures(settings);
        builder.AddWebServer(settings);
        builder.Services.AddInteropApi(ServerSecurity.ApiOptions(settings));
        builder.AddDashboardPages();

        var app = builder.Build();
        if (settings.Role == ProcessRole.Silo)
            app.MapInteropSilo();
        else
        {
            app.MapInteropApi();
            app.MapDashboardPages();
            app.MapEngine(settings);
        }

        return app;
    }

    /// <summary>A process without a server, for commands that run once.</summary>
    public static async Task<IHost> CreateWorkerAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddPlatform(settings);
        // A cluster may be running on this database: a command that runs once must not join it.
        builder.AddEngine(settings, alone: true);
        builder.AddFeatures(settings, ProcessKind.Command);

        await DatabaseSetup.MigrateAsync(settings, cancellationToken);
        return builder.Build();
    }

    private static void AddPlatform(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSettings(settings.Configuration);
        builder.Logging.AddInteropLogging(settings);
        builder.AddObservability(settings);
    }
}
