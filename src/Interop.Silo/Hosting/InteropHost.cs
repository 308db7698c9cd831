using Interop.Api;
using Interop.Discovery;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Ingestion;
using Interop.Silo.Settings;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.Telemetry;
using Interop.Tokens;
using Microsoft.Extensions.Options;

namespace Interop.Silo.Hosting;

/// <summary>Puts the process together: database, engine, grains, and, unless it is a one-shot command, the front end.</summary>
internal static class InteropHost
{
    private const long MaxBodyBytes = 1024 * 1024;

    /// <summary>A process that serves the API.</summary>
    public static async Task<WebApplication> CreateServerAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        ServerSecurity.Check(settings);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
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
        // The ports of the settings belong to the server of this machine, which may be running.
        builder.AddInterop(settings with { SiloPort = 0, GatewayPort = 0 });
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
        builder.Services.AddSingleton(p => DatabaseFactory.Open(settings.DatabaseOptions, p.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(Options.Create(settings.Ingestion));
        builder.Services.AddSingleton(Options.Create(settings.Export));
        builder.Services.AddSingleton(Options.Create(settings.Views));
        builder.Services.AddTokens(settings.Tenants);
        builder.Services.AddSingleton(new ResourceValidator(R4Schema.Default, settings.Validation));
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
        MakeDataDirectory(settings);
        await using var database = DatabaseFactory.Open(settings.DatabaseOptions);
        await new Migrator(database, typeof(IngestionServices).Assembly).MigrateAsync(cancellationToken);
        await using var telemetry = new TelemetryDatabase(settings.TelemetryDatabase);
        await telemetry.MigrateAsync(cancellationToken);
    }

    private static void MakeDataDirectory(InteropSettings settings)
    {
        try
        {
            Directory.CreateDirectory(settings.DataDirectory);
            // What exports would only find out at the end of the first run.
            var probe = Path.Combine(settings.DataDirectory, $".probe-{Guid.NewGuid():N}");
            File.Create(probe, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"INTEROP_DATA={settings.DataDirectory} must be a folder that can be made and written to: {e.Message}");
        }
    }
}
