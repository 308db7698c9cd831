using Interop.Silo.Settings;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Interop.Silo.Hosting;

/// <summary>Sends traces, metrics and logs over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.</summary>
internal static class Observability
{
    public static void AddObservability(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        if (settings.OtlpEndpoint is null)
            return;
        // OTEL_* may come from any layer of the settings, so the libraries must not read the environment by themselves.
        // The log exporter reads the host's configuration; the trace and metric providers read one of their own.
        var variables = settings
            .Configuration.AsEnumerable()
            .Where(s => s.Key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase))
            .ToList();
        builder.Configuration.AddInMemoryCollection(variables);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(variables).Build();
        // As services the providers are disposed, and so flushed, with the host.
        builder.Services.AddSingleton(_ =>
            Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(s => s.AddSingleton<IConfiguration>(configuration))
                .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Microsoft.Orleans.*", "Interop.*")
                .AddOtlpExporter()
                .Build()
        );
        builder.Services.AddSingleton(_ =>
            Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(s => s.AddSingleton<IConfiguration>(configuration))
                .AddMeter("Microsoft.AspNetCore.*", "System.Net.Http", "Npgsql", "Microsoft.Orleans", "Interop.*")
                .AddOtlpExporter()
                .Build()
        );
        builder.Services.AddHostedService<ObservabilityService>();
        builder.Logging.AddOpenTelemetry(logs => logs.AddOtlpExporter());
    }

    /// <summary>Creates the providers before the first request, and flushes them when the host stops.</summary>
    private sealed class ObservabilityService(TracerProvider traces, MeterProvider metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.ForceFlush();
            metrics.ForceFlush();
            return Task.CompletedTask;
        }
    }
}
