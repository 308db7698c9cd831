namespace Interop.Ingestion;

/// <summary>
/// One partition of a run; the key is made by <see cref="IngestionGrains.RunPartition"/>. The grain owns the partition's worker. The run's
/// own grain asks each of its partitions again and again; the partitions lie on any silo of the cluster.
/// </summary>
[Alias("Interop.IRunPartitionGrain")]
public interface IRunPartitionGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the work on the partition from its last committed page, unless it is under way or has ended in this attempt. Returns after
    /// about a second, or earlier when the state changes.
    /// </summary>
    [Alias("Work"), ResponseTimeout("00:00:10")]
    Task<PartitionState> Work(PartitionAttempt attempt);

    /// <summary>Stops the work; what was committed stays.</summary>
    [Alias("Stop"), ResponseTimeout("00:00:10"), AlwaysInterleave]
    Task Stop();
}

/// <summary>Which work on a partition is asked for. A newer attempt replaces an older one.</summary>
/// <param name="Epoch">The epoch of the run's owner. It comes before the number.</param>
/// <param name="Number">Counts the tries of one owner; the first is 1.</param>
[GenerateSerializer, Immutable, Alias("Interop.PartitionAttempt")]
public sealed record PartitionAttempt(long Epoch, int Number);

/// <summary>How far the work on a partition is.</summary>
/// <param name="Status">One of <see cref="PartitionStatus"/>.</param>
/// <param name="Waiting">What it waits for; null while it makes progress.</param>
/// <param name="Retries">Requests that were sent again in this attempt.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="LogError">The same without the words of the server, which may name a patient.</param>
[GenerateSerializer, Immutable, Alias("Interop.PartitionState")]
public sealed record PartitionState(string Status, string? Waiting, long Retries, string? Error = null, string? LogError = null);

/// <summary>The values of <see cref="PartitionState.Status"/>.</summary>
public static class PartitionStatus
{
    /// <summary>The work is under way.</summary>
    public const string Working = "WORKING";

    /// <summary>Every page is committed.</summary>
    public const string Done = "DONE";

    /// <summary>The partition cannot be read to its end.</summary>
    public const string Failed = "FAILED";

    /// <summary>The work ended without a result, because it was stopped. A new attempt goes on from the last committed page.</summary>
    public const string Lost = "LOST";

    /// <summary>The silo of the work does not answer. The same attempt reaches it later, or another silo.</summary>
    public const string Unreachable = "UNREACHABLE";
}
