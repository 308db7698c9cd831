using Interop.Silo.Settings;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Interop.Silo.Hosting;

/// <summary>Traces, metrics and logs over OTLP, when the standard variable names a collector.</summary>
internal static class OpenTelemetrySetup
{
    public static void AddInteropTelemetry(this IHostApplicationBuilder builder, InteropSettings settings)
    {
        if (string.IsNullOrEmpty(settings.OtlpEndpoint))
            return;
        // Logs read OTEL_* from the host's configuration, which holds nothing else; traces and metrics from one of their own.
        builder.Configuration.AddInMemoryCollection(settings.OpenTelemetry);
        var variables = new ConfigurationBuilder().AddInMemoryCollection(settings.OpenTelemetry).Build();
        // Holding the providers as services disposes, and so flushes, them with the host.
        builder.Services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder().ConfigureServices(s => s.AddSingleton<IConfiguration>(variables))
            .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Interop.*").AddOtlpExporter().Build());
        builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder().ConfigureServices(s => s.AddSingleton<IConfiguration>(variables))
            .AddMeter("Microsoft.AspNetCore.*", "System.Net.Http", "Npgsql", "Interop.*").AddOtlpExporter().Build());
        builder.Services.AddHostedService<TelemetryProviders>();
        builder.Logging.AddOpenTelemetry(logs => logs.AddOtlpExporter());
    }

    /// <summary>Makes the providers exist before the first request.</summary>
    private sealed class TelemetryProviders(TracerProvider traces, MeterProvider metrics) : IHostedService
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
