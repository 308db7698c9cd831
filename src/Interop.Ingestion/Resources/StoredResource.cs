namespace Interop.Ingestion.Resources;

/// <summary>What the database holds of a resource.</summary>
/// <param name="RunId">The run that wrote it.</param>
internal sealed record StoredResource(ResourceVersion Version, long RunId, bool IsDeleted);

/// <summary>A stored resource with its raw JSON.</summary>
internal sealed record StoredJson(
    string Source,
    string ResourceType,
    string ResourceId,
    string? VersionId,
    long? LastUpdatedTicks,
    string ContentHash,
    long RunId,
    string Raw
)
{
    public ResourceVersion Version => new(VersionId, LastUpdatedTicks, ContentHash);
}
