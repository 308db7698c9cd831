using Interop.Hosting;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Executions;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Telemetry;

/// <summary>Registration of telemetry.</summary>
public static class TelemetryServices
{
    /// <summary>
    /// Adds the commit service and the other services of the telemetry grains. The host adds the <see cref="TelemetryDatabase"/> and the
    /// <see cref="TelemetryOptions"/>. Only one process at a time can use a spool folder.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<CommitService>();
        services.AddSingleton<ExecutionRebuild>();
        services.AddHostedService<DeferredStart<CommitService>>();
        return services;
    }
}
