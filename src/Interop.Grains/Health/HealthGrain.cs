using System.Collections.Immutable;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Health;

/// <inheritdoc cref="IHealthGrain"/>
[StatelessWorker]
internal sealed partial class HealthGrain(Database database, ILogger<HealthGrain> log) : Grain, IHealthGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<ImmutableArray<ComponentHealth>> Check() => [new ComponentHealth("database", await DatabaseProblemAsync())];

    private async Task<string?> DatabaseProblemAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await database.CheckAsync(timeout.Token);
            return null;
        }
        catch (DatabaseException e)
        {
            LogUnhealthy(e.Message);
            return DatabaseProblem.ForCallers(e);
        }
        catch (OperationCanceledException)
        {
            return $"did not answer within {Patience.TotalSeconds:0} s";
        }
    }

    [LoggerMessage(2202, LogLevel.Warning, "The database is not ready: {Reason}")]
    private partial void LogUnhealthy(string reason);
}
