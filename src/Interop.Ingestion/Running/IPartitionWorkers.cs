namespace Interop.Ingestion.Running;

/// <summary>One partition of a run.</summary>
internal readonly record struct PartitionKey(long RunId, int Part);

/// <summary>Where the partitions of runs are worked on.</summary>
internal interface IPartitionWorkers
{
    /// <summary>
    /// Starts the work on a partition, unless it is under way or has ended in this attempt, and returns its state after about a second, or
    /// earlier when it changes. It does not throw when the place of the work cannot be reached (<see cref="PartitionStatus.Unreachable"/>).
    /// </summary>
    Task<PartitionState> WorkAsync(PartitionKey key, PartitionAttempt attempt);

    /// <summary>Stops the work on a partition. It does not throw.</summary>
    Task StopAsync(PartitionKey key);
}
