using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Normalizing;

/// <summary>Makes the rows of one normalized table from resources of one type.</summary>
public interface INormalizer
{
    /// <summary>The resource type it reads.</summary>
    string ResourceType { get; }

    /// <summary>The table it fills: source, id, its own columns, run_id, raw.</summary>
    TableShape Table { get; }

    /// <summary>Appends the resource's row.</summary>
    void Append(RowBatch rows, JsonElement resource, in RowOrigin origin);
}

/// <summary>What every normalized row carries beside its own columns.</summary>
public readonly record struct RowOrigin(string Source, string Id, long RunId, ReadOnlyMemory<byte> Raw);
