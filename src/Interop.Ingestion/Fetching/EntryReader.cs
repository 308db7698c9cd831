using Interop.Fhir.Client;
using Interop.Fhir.Validation;

namespace Interop.Ingestion.Fetching;

/// <summary>Decides what the entries of a page are.</summary>
/// <param name="resourceType">The type that the run asked for.</param>
/// <param name="warnings">Takes the texts of OperationOutcomes.</param>
internal sealed class EntryReader(string resourceType, ICollection<string> warnings)
{
    /// <summary>The entry as a resource; null for an outcome, which becomes a warning.</summary>
    public IncomingResource? Read(BundleEntry entry)
    {
        if (string.Equals(entry.RequestMethod, "DELETE", StringComparison.OrdinalIgnoreCase) && entry.RequestUrl is { } deleted)
            return ReadDeletion(entry, deleted);
        if (entry.Resource.IsEmpty)
            return Malformed(entry.Entry, default, "the entry has no resource");

        var header = ResourceHeader.Read(entry.Resource.Span);
        if (entry.SearchMode == "outcome" || (header.ResourceType == "OperationOutcome" && resourceType != "OperationOutcome"))
        {
            warnings.Add(OperationOutcomeText.Read(entry.Resource.Span) ?? "an outcome entry that is no OperationOutcome");
            return null;
        }

        if (entry.SearchMode == "include")
            return new IncomingResource(entry.Resource, header, EntryKind.Include);
        if (header.IsTooDeep)
            return Malformed(
                entry.Resource,
                header,
                $"is nested more than {ValidationOptions.LargestMaxDepth} levels deep: not read, and not loaded"
            );
        if (header.ResourceType != resourceType)
            return Malformed(
                entry.Resource,
                header,
                $"is a {header.ResourceType ?? "resource without resourceType"}, not a {resourceType}"
            );
        return new IncomingResource(entry.Resource, header, EntryKind.Match);
    }

    private IncomingResource ReadDeletion(BundleEntry entry, string url)
    {
        var history = url.IndexOf("/_history", StringComparison.Ordinal);
        var parts = (history < 0 ? url : url[..history]).Split('/');
        return parts.Length >= 2 && parts[^2] == resourceType
            ? new IncomingResource(
                default,
                new ResourceHeader(
                    parts[^2],
                    parts[^1],
                    VersionOf(entry.ETag),
                    entry.LastModified is { } at ? ResourceHeader.ParseInstant(at) : null
                ),
                EntryKind.Deletion
            )
            : Malformed(entry.Entry, default, $"deletes '{url}', which is not a {resourceType}");
    }

    /// <summary>The version in <c>W/"3"</c>.</summary>
    private static string? VersionOf(string? etag) => etag?.Split('"') is [_, var version, _] ? version : null;

    private static IncomingResource Malformed(ReadOnlyMemory<byte> raw, ResourceHeader header, string problem) =>
        new(raw, header, EntryKind.Malformed, problem);
}
