using Interop.Telemetry.Committing;
using Interop.Telemetry.Executions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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
        services.AddHostedService<CommitServiceStart>();
        return services;
    }

    /// <summary>
    /// Creates the commit service when it is started. Its constructor takes the spool folder, and the lease of the process comes first: its
    /// refusal names the process that uses the database and the folder.
    /// </summary>
    private sealed class CommitServiceStart(IServiceProvider services) : IHostedService
    {
        private CommitService? _started;

        public Task StartAsync(CancellationToken cancellationToken) =>
            (_started = services.GetRequiredService<CommitService>()).StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => _started?.StopAsync(cancellationToken) ?? Task.CompletedTask;
    }
}
