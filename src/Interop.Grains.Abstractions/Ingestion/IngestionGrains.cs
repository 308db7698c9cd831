using System.Globalization;

namespace Interop.Ingestion;

/// <summary>References to the grains of ingestion. This is the only place that makes their keys.</summary>
public static class IngestionGrains
{
    /// <summary>The checkpoint of a source and a resource type.</summary>
    public static ICheckpointGrain Checkpoint(this IGrainFactory grains, string source, string resourceType) =>
        grains.GetGrain<ICheckpointGrain>($"{source}/{resourceType}");

    /// <summary>Source and resource type of a checkpoint's key. A source's name may contain slashes, a type cannot.</summary>
    public static (string Source, string ResourceType) ReadCheckpointKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.LastIndexOf('/');
        return (key[..slash], key[(slash + 1)..]);
    }

    /// <summary>One run.</summary>
    public static IIngestionRunGrain Run(this IGrainFactory grains, long runId) => grains.GetGrain<IIngestionRunGrain>(runId);

    /// <summary>One partition of a run.</summary>
    public static IRunPartitionGrain RunPartition(this IGrainFactory grains, long runId, int part) =>
        grains.GetGrain<IRunPartitionGrain>(string.Create(CultureInfo.InvariantCulture, $"{runId}/{part}"));

    /// <summary>Run and partition of a partition's key.</summary>
    public static (long RunId, int Part) ReadPartitionKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/');
        return (
            long.Parse(key.AsSpan(0, slash), CultureInfo.InvariantCulture),
            int.Parse(key.AsSpan(slash + 1), CultureInfo.InvariantCulture)
        );
    }

    /// <summary>Queries over runs, dead letters and checkpoints.</summary>
    public static IIngestionQueryGrain IngestionQueries(this IGrainFactory grains) => grains.GetQuery<IIngestionQueryGrain>();

    /// <summary>A new export.</summary>
    public static IExportGrain NewExport(this IGrainFactory grains) => grains.GetGrain<IExportGrain>(Guid.NewGuid());
}
