using System.Collections.Immutable;
using Interop.Storage;

namespace Interop.Health;

/// <inheritdoc cref="IHealthGrain"/>
[StatelessWorker]
internal sealed class HealthGrain(Database database) : Grain, IHealthGrain
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
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return $"did not answer within {Patience.TotalSeconds:0} s";
        }
    }
}
