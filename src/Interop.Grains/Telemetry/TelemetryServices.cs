using Interop.Telemetry.Committing;
using Interop.Telemetry.Executions;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Telemetry;

/// <summary>Composition of telemetry.</summary>
public static class TelemetryServices
{
    /// <summary>
    /// Adds the commit service and what the telemetry grains need, but the <see cref="TelemetryDatabase"/> and the
    /// <see cref="TelemetryOptions"/>, which are the host's. Only one host at a time can use a spool folder.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<EventStore>();
        services.AddSingleton<Spool>();
        services.AddSingleton<SpoolDrain>();
        services.AddSingleton<CommitService>();
        services.AddSingleton<ExecutionRebuild>();
        services.AddHostedService(p => p.GetRequiredService<CommitService>());
        return services;
    }
}
