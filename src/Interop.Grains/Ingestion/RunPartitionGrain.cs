using Interop.Ingestion.Running;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;

namespace Interop.Ingestion;

/// <inheritdoc cref="IRunPartitionGrain"/>
/// <remarks>Placed on the silo with the fewest activations, so that the partitions of one run spread over the silos.</remarks>
[ActivationCountBasedPlacement]
internal sealed class RunPartitionGrain : Grain, IRunPartitionGrain
{
    private PartitionWorker? _worker;

    public async Task<PartitionState> Work(PartitionAttempt attempt)
    {
        if (_worker is null || _worker.IsBefore(attempt))
        {
            await Stop();
            var (runId, part) = IngestionGrains.ReadPartitionKey(this.GetPrimaryKeyString());
            _worker = ActivatorUtilities.CreateInstance<PartitionWorker>(ServiceProvider, new PartitionKey(runId, part), attempt);
            _worker.Start();
        }

        var state = await _worker.FollowAsync();
        if (state.Status != PartitionStatus.Working)
            DeactivateOnIdle();
        return state;
    }

    public async Task Stop()
    {
        if (_worker is { } worker)
            await worker.DisposeAsync();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Stop();
}
