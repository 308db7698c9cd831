using System.Runtime.CompilerServices;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Fhir.Files;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// The resources of a stream as pages: NDJSON, one resource, or a Bundle, whose entries count as resources. Each page says how far it
/// brings its part. A resource that cannot be read becomes a dead letter that names the file and the line.
/// </summary>
/// <param name="part">What the stream holds; its position moves with the pages.</param>
/// <param name="name">The name in dead letters.</param>
/// <param name="resourceType">The type to load, or <see cref="RunMode.EveryType"/>.</param>
/// <param name="skipsOthers">Resources of other types are skipped; else they become dead letters.</param>
/// <param name="isNdjson">Each line is a resource of its own, also the first when it is cut.</param>
/// <param name="pageSize">Resources per page.</param>
internal sealed class ResourcePages(RunPart part, string name, string resourceType, bool skipsOthers, bool isNdjson, int pageSize)
{
    /// <summary>A Bundle is read as a whole; a longer one is refused.</summary>
    private const int LargestDocument = 512 * 1024 * 1024;

    /// <summary>How much of a line that cannot be read is kept for the dead letter.</summary>
    private const int BytesOfUnreadable = 4096;

    private readonly int _largest = isNdjson ? ValidationOptions.DefaultMaxBytes : LargestDocument;
    private readonly List<string> _warnings = [];

    /// <summary>Resources and entries that were read, those before the part's position among them.</summary>
    public long Read { get; private set; }

    /// <summary>What the last page of the part has besides its resources.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>How many resources the run reads in all; null when that is not known.</summary>
    public long? Total { get; init; }

    /// <summary>The pages from the part's position on. The last one, which may be empty, ends the part.</summary>
    /// <exception cref="InvalidDataException">The stream is not what it claims to be.</exception>
    public async IAsyncEnumerable<IncomingPage> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = new PageBuilder();
        try
        {
            await foreach (var (line, bytes) in ResourceFile.ReadAsync(stream, _largest, isNdjson, cancellationToken))
            {
                var bundle = TryReadBundle(bytes);
                for (var i = 0; i < (bundle?.Count ?? 1); i++)
                {
                    if (++Read <= part.Position)
                        continue;
                    if (bundle is null)
                        Add(page, bytes, new ResourcePlace(name, line));
                    else
                        Add(page, bundle[i], new ResourcePlace(name, line, i + 1));
                    if (!page.IsFull(pageSize))
                        continue;
                    yield return Build(page, isDone: false);
                    page = new PageBuilder();
                }
            }

            if (part.Kind == RunPartKind.Output && Read < part.Expected)
                throw new InvalidDataException($"it ends after {Read} of {part.Expected} resources");
            Read = Math.Max(Read, part.Position);
            yield return Build(page, isDone: true);
        }
        finally
        {
            page.Dispose();
        }
    }

    private IncomingPage Build(PageBuilder page, bool isDone)
    {
        (part.Position, part.IsDone) = (Read, isDone);
        var warnings = _warnings.ToArray();
        _warnings.Clear();
        return page.Build(new PagePosition(Total, Part: new PartPosition(part.Part, Read, isDone, Fingerprint: Fingerprint)), warnings);
    }

    /// <summary>The entries of a Bundle; null for any other resource, and for text that is none.</summary>
    private IReadOnlyList<BundleEntry>? TryReadBundle(ReadOnlyMemory<byte> bytes)
    {
        if (resourceType == "Bundle" || bytes.Length > _largest)
            return null;
        try
        {
            return ResourceHeader.Read(bytes.Span).ResourceType == "Bundle" ? BundlePage.Parse(bytes).Entries : null;
        }
        catch (JsonException)
        {
            return null; // Add reads it again and reports the error
        }
    }

    private void Add(PageBuilder page, in BundleEntry entry, ResourcePlace place)
    {
        if (string.Equals(entry.RequestMethod, "DELETE", StringComparison.OrdinalIgnoreCase) && entry.RequestUrl is { } url)
            AddDeletion(page, entry, url, place);
        else if (!entry.Resource.IsEmpty)
            Add(page, entry.Resource, place);
        else if (resourceType == RunMode.EveryType)
            page.Add(entry.Entry.Span, default, EntryKind.Malformed, "the entry has no resource", place);
    }

    private void AddDeletion(PageBuilder page, in BundleEntry entry, string url, ResourcePlace place)
    {
        var parts = url.Split('/');
        if (parts.Length < 2 || parts[^1].Length == 0)
            page.Add(entry.Entry.Span, default, EntryKind.Malformed, $"deletes '{url}', which is not a resource", place);
        else if (resourceType == RunMode.EveryType || parts[^2] == resourceType)
            page.Add([], new ResourceHeader(parts[^2], parts[^1], null, null), EntryKind.Deletion, null, place);
        else if (!skipsOthers)
            page.Add(entry.Entry.Span, default, EntryKind.Malformed, $"deletes '{url}', which is not a {resourceType}", place);
    }

    private void Add(PageBuilder page, ReadOnlyMemory<byte> bytes, ResourcePlace place)
    {
        if (bytes.Length > ValidationOptions.DefaultMaxBytes)
        {
            Malformed(default, $"is larger than {ValidationOptions.DefaultMaxBytes / (1024 * 1024)} MiB: not read");
            return;
        }

        ResourceHeader header;
        try
        {
            header = ResourceHeader.Read(bytes.Span);
        }
        catch (JsonException e)
        {
            Malformed(default, $"is not JSON, or cut: {e.Message}");
            return;
        }

        if (header.IsTooDeep)
            Malformed(header, $"is nested more than {ValidationOptions.LargestMaxDepth} levels deep: not read, and not loaded");
        else if (header.ResourceType is null && !isNdjson && place is { Line: 1, Entry: null })
            _warnings.Add($"{name} is JSON without a resourceType: skipped");
        else if (header.ResourceType is null)
            Malformed(header, "has no resourceType");
        else if (resourceType == RunMode.EveryType && R4Schema.Default.FindResource(header.ResourceType) is null)
            Malformed(header, $"is a {header.ResourceType}, which R4 does not have");
        else if (resourceType == RunMode.EveryType || header.ResourceType == resourceType)
            page.Add(bytes.Span, header, EntryKind.Match, null, place);
        else if (!skipsOthers)
            Malformed(header, $"is a {header.ResourceType}, not a {resourceType}");

        void Malformed(in ResourceHeader of, string problem) =>
            page.Add(bytes.Span[..Math.Min(bytes.Length, BytesOfUnreadable)], of, EntryKind.Malformed, problem, place);
    }
}
