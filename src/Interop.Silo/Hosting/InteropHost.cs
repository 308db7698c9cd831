using Interop.Api;
using Interop.Discovery;
using Interop.Ingestion;
using Interop.Silo.Settings;
using Interop.Storage;
using Interop.Telemetry;
using Interop.Tokens;
using Microsoft.Extensions.Options;

namespace Interop.Silo.Hosting;

/// <summary>Puts the process together: database, engine, grains, and, unless it is a one-shot command, the front end.</summary>
internal static class InteropHost
{
    /// <summary>A process that serves the API.</summary>
    public static async Task<WebApplication> CreateServerAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        ServerSecurity.Check(settings);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Parse(settings.Bind), settings.Port);
        });
        builder.AddInterop(settings);
        builder.AddExchange(settings);
        builder.Services.AddInteropApi(new ApiOptions { CorsOrigins = settings.CorsOrigins, LoopbackOnly = ServerSecurity.IsLoopback(settings.Bind) });

        await MigrateAsync(settings, cancellationToken);
        var app = builder.Build();
        app.MapInteropApi();
        return app;
    }

    /// <summary>A process without a server, for commands that run once.</summary>
    public static async Task<IHost> CreateWorkerAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddInterop(settings);
        await MigrateAsync(settings, cancellationToken);
        return builder.Build();
    }

    private static void AddInterop(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        DatabaseProviders.Register();
        builder.Logging.AddInteropLogging(settings);
        builder.AddInteropTelemetry(settings);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddEngine(settings);
        if (settings.Role == ProcessRole.Api)
            return;
        builder.Services.AddSingleton(p => Database.Open(settings.DatabaseOptions, p.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(Options.Create(settings.Ingestion));
        builder.Services.AddSingleton(Options.Create(settings.Export));
        builder.Services.AddTokens(settings.Tenants);
        builder.Services.AddIngestion(settings.Sources);
    }

    /// <summary>What only a server has: the spool belongs to one process, and a one-shot command may run beside a server.</summary>
    private static void AddExchange(this WebApplicationBuilder builder, InteropSettings settings)
    {
        if (settings.Role == ProcessRole.Api)
            return;
        builder.Services.AddSingleton(p => new TelemetryDatabase(settings.TelemetryDatabase, p.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(Options.Create(settings.Telemetry));
        builder.Services.AddTelemetry();
        builder.Services.AddDiscovery(settings.Xcpd);
    }

    /// <summary>Brings the database up to date before anything else touches it.</summary>
    private static async Task MigrateAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Role == ProcessRole.Api)
            return;
        Directory.CreateDirectory(settings.DataDirectory);
        await using var database = Database.Open(settings.DatabaseOptions);
        await new Migrator(database, typeof(IngestionServices).Assembly).MigrateAsync(cancellationToken);
        await using var telemetry = new TelemetryDatabase(settings.TelemetryDatabase);
        await telemetry.MigrateAsync(cancellationToken);
    }
}
