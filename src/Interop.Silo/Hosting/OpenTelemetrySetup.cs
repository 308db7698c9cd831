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
        // The providers read OTEL_EXPORTER_OTLP_* themselves; holding them as services disposes, and so flushes, them with the host.
        builder.Services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder()
            .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Interop.*").AddOtlpExporter().Build());
        builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder()
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
