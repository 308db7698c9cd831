using Interop.Ingestion.Running;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion;

/// <summary>The partitions of a run as grains, each on any silo.</summary>
internal sealed partial class PartitionGrains(IGrainFactory grains, ILogger<PartitionGrains> log) : IPartitionWorkers
{
    public async Task<PartitionState> WorkAsync(PartitionKey key, PartitionAttempt attempt)
    {
        try
        {
            return await grains.RunPartition(key.RunId, key.Part).Work(attempt);
        }
        catch (Exception e)
        {
            // Its silo has failed or is busy: the next call reaches it, or another silo.
            LogUnreachable(e, key.Part, key.RunId);
            return new PartitionState(PartitionStatus.Unreachable, "a silo of the cluster does not answer", 0);
        }
    }

    public async Task StopAsync(PartitionKey key)
    {
        try
        {
            await grains.RunPartition(key.RunId, key.Part).Stop();
        }
        catch (Exception e)
        {
            // Its worker stops by itself: it is not asked any more, and the run has a newer epoch or has ended.
            LogUnreachable(e, key.Part, key.RunId);
        }
    }

    [LoggerMessage(2111, LogLevel.Warning, "Partition {Part} of run {RunId} could not be reached")]
    private partial void LogUnreachable(Exception e, int part, long runId);
}
