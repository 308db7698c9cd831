using System.Text.Json;
using Interop.Fhir.Json;

namespace Interop.Fhir.Client;

/// <summary>One entry of a Bundle, as slices of the page it came in.</summary>
/// <param name="Resource">The resource's bytes as received; empty when the entry has none.</param>
/// <param name="SearchMode"><c>search.mode</c>: match, include, outcome, or null.</param>
/// <param name="RequestMethod"><c>request.method</c>, as history bundles have it.</param>
/// <param name="RequestUrl"><c>request.url</c>: what a DELETE deleted.</param>
/// <param name="Entry">The whole entry.</param>
/// <param name="ETag"><c>response.etag</c>, as history bundles have it.</param>
/// <param name="LastModified"><c>response.lastModified</c>, as history bundles have it.</param>
public readonly record struct BundleEntry(
    ReadOnlyMemory<byte> Resource,
    string? SearchMode,
    string? RequestMethod,
    string? RequestUrl,
    ReadOnlyMemory<byte> Entry,
    string? ETag = null,
    string? LastModified = null
);

/// <summary>
/// The parts of a search answer that a client needs, read in one pass without an object model
/// (FHIR R4, 3.1.1.5; Bundle).
/// </summary>
public sealed class BundlePage
{
    private BundlePage(string resourceType, List<BundleEntry> entries, string? next, long? total)
    {
        ResourceType = resourceType;
        Entries = entries;
        Next = next;
        Total = total;
    }

    /// <summary>The answer's resourceType: Bundle, or what came instead; empty when it has none.</summary>
    public string ResourceType { get; }

    /// <summary>In the order in which the server sent them.</summary>
    public IReadOnlyList<BundleEntry> Entries { get; }

    /// <summary>The <c>next</c> link as sent, or null.</summary>
    public string? Next { get; }

    /// <summary><c>Bundle.total</c>, where the server says it.</summary>
    public long? Total { get; }

    /// <summary>Reads one complete JSON document.</summary>
    /// <exception cref="JsonException">
    /// Not one complete JSON document, one whose parts have other types than a Bundle's, or, outside of its entries, nested without end.
    /// </exception>
    public static BundlePage Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..]; // a byte order mark: RFC 8259 lets a reader ignore it
        var reader = new Utf8JsonReader(utf8.Span, ResourceHeader.AnyDepth);
        var entries = new List<BundleEntry>();
        string? resourceType = null,
            next = null;
        long? total = null;

        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsNamed("resourceType"u8))
                resourceType = ReadString(ref reader);
            else if (reader.IsNamed("total"u8))
                total = ReadTotal(ref reader);
            else if (reader.IsNamed("link"u8))
                next = ReadNext(ref reader) ?? next;
            else if (reader.IsNamed("entry"u8))
                ReadEntries(ref reader, utf8, entries);
            else
                SkipMember(ref reader);
        }

        // Text after the closing brace: the answer is not one document.
        if (reader.Read())
            throw new JsonException("text follows the document");
        return new BundlePage(resourceType ?? "", entries, next, total);
    }

    private static void ReadEntries(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8, List<BundleEntry> entries)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("Bundle.entry is not an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                entries.Add(ReadEntry(ref reader, utf8));
            }
            else
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                entries.Add(new BundleEntry(default, null, null, null, utf8[start..(int)reader.BytesConsumed]));
            }
        }
    }

    private static BundleEntry ReadEntry(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        var start = (int)reader.TokenStartIndex;
        ReadOnlyMemory<byte> resource = default;
        string? mode = null,
            method = null,
            url = null,
            etag = null,
            lastModified = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsNamed("resource"u8))
            {
                reader.Read();
                var from = (int)reader.TokenStartIndex;
                var isObject = reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
                resource = isObject ? utf8[from..(int)reader.BytesConsumed] : default;
            }
            else if (reader.IsNamed("search"u8))
            {
                ReadMembers(ref reader, "mode"u8, ref mode, default, ref url);
            }
            else if (reader.IsNamed("request"u8))
            {
                ReadMembers(ref reader, "method"u8, ref method, "url"u8, ref url);
            }
            else if (reader.IsNamed("response"u8))
            {
                ReadMembers(ref reader, "etag"u8, ref etag, "lastModified"u8, ref lastModified);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return new BundleEntry(resource, mode, method, url, utf8[start..(int)reader.BytesConsumed], etag, lastModified);
    }

    /// <summary>Reads up to two string members of an object; anything but an object is passed over.</summary>
    private static void ReadMembers(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> first,
        ref string? firstValue,
        ReadOnlySpan<byte> second,
        ref string? secondValue
    )
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsNamed(first))
                firstValue = ReadString(ref reader);
            else if (!second.IsEmpty && reader.IsNamed(second))
                secondValue = ReadString(ref reader);
            else
                SkipValue(ref reader);
        }
    }

    private static string? ReadNext(ref Utf8JsonReader reader)
    {
        string? next = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("Bundle.link is not an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("Bundle.link has an item that is not an object");
            string? relation = null,
                url = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.IsNamed("relation"u8))
                    relation = ReadString(ref reader);
                else if (reader.IsNamed("url"u8))
                    url = ReadString(ref reader);
                else
                    SkipMember(ref reader);
            }

            if (relation == "next" && !string.IsNullOrEmpty(url))
                next = url;
        }

        return next;
    }

    private static long? ReadTotal(ref Utf8JsonReader reader)
    {
        reader.Read();
        long? total = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var n) ? n : null;
        SkipMember(ref reader);
        return total;
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.TextOrNull();
        SkipMember(ref reader);
        return null;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    // Outside the entries. Depth inside an entry is checked per entry, so that one bad entry does not fail the page.
    private static void SkipMember(ref Utf8JsonReader reader)
    {
        if (!JsonDepth.TrySkip(ref reader))
            throw new JsonTooDeepException();
    }
}
