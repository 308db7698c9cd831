using System.Runtime.CompilerServices;
using Interop.Health;
using Interop.Storage;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry;

/// <inheritdoc cref="IPdExecutionGrain"/>
internal sealed class PdExecutionGrain(ExecutionRebuild rebuild) : Grain, IPdExecutionGrain
{
    public async IAsyncEnumerable<MaterializeProgress> Materialize([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var steps = rebuild.RunAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(steps))
            yield return steps.Current;
    }

    /// <summary>Call filters see the start of a stream only, so a failure of the database gets its name here.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<MaterializeProgress> steps)
    {
        try
        {
            return await steps.MoveNextAsync();
        }
        catch (DatabaseException e)
        {
            throw new NotReadyException(e.Message);
        }
    }
}
