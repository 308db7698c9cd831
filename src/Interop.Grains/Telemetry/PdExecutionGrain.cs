using Interop.Health;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry;

/// <inheritdoc cref="IPdExecutionGrain"/>
internal sealed class PdExecutionGrain(ExecutionRebuild rebuild) : Grain, IPdExecutionGrain
{
    public IAsyncEnumerable<MaterializeProgress> Materialize(CancellationToken cancellationToken = default) =>
        rebuild.RunAsync(cancellationToken).AsNotReady(cancellationToken);
}
