using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Interop.Fhir.Json;

namespace Interop.Fhir.Client;

/// <summary>Reads the server's answer to a write: Location, ETag and the body.</summary>
internal static class FhirWriteAnswer
{
    public static FhirWriteResult Read(FhirWriteOutcome outcome, HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        var (type, id, version) = FromLocation(
            response.Headers.Location?.OriginalString ?? response.Content.Headers.ContentLocation?.OriginalString
        );
        version ??= Version(response.Headers.ETag?.Tag);
        if (id is null || version is null)
        {
            var header = Header(body);
            (type, id, version) = (type ?? header?.ResourceType, id ?? header?.Id, version ?? header?.VersionId);
        }

        return new FhirWriteResult(outcome, response.StatusCode, type, id, version);
    }

    /// <summary>The results of a transaction's entries.</summary>
    /// <exception cref="JsonException">The body is not a Bundle.</exception>
    public static ImmutableArray<FhirWriteResult> ReadEntries(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        if (Text(document.RootElement, "resourceType") != "Bundle")
            throw new JsonException("the answer to the transaction is not a Bundle");
        if (!document.RootElement.TryGetProperty("entry", out var entries) || entries.ValueKind != JsonValueKind.Array)
            return [];
        return [.. entries.EnumerateArray().Select(ReadEntry)];
    }

    /// <summary>Patient/1/_history/2, also with a server before it.</summary>
    internal static (string? Type, string? Id, string? Version) FromLocation(string? location)
    {
        var parts = (location ?? "").Split('?')[0].TrimEnd('/').Split('/');
        var history = Array.LastIndexOf(parts, "_history");
        var (end, version) = history > 0 && history + 1 < parts.Length ? (history, parts[history + 1]) : (parts.Length, null);
        return end >= 2 && parts[end - 2].Length > 0 && char.IsAsciiLetterUpper(parts[end - 2][0])
            ? (parts[end - 2], parts[end - 1], version)
            : (null, null, null);
    }

    private static FhirWriteResult ReadEntry(JsonElement entry)
    {
        if (
            entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("response", out var response)
            || response.ValueKind != JsonValueKind.Object
        )
            return new FhirWriteResult(FhirWriteOutcome.Applied, null);
        var (type, id, version) = FromLocation(Text(response, "location"));
        var status = int.TryParse((Text(response, "status") ?? "").Split(' ')[0], out var code)
            ? (HttpStatusCode)code
            : (HttpStatusCode?)null;
        var outcome = status switch
        {
            HttpStatusCode.Created => FhirWriteOutcome.Created,
            HttpStatusCode.NotModified => FhirWriteOutcome.AlreadyThere,
            null or HttpStatusCode.OK or HttpStatusCode.NoContent => FhirWriteOutcome.Applied,
            _ => FhirWriteOutcome.Rejected,
        };
        return new FhirWriteResult(outcome, status, type, id, version ?? Version(Text(response, "etag")));
    }

    private static ResourceHeader? Header(ReadOnlySpan<byte> body)
    {
        try
        {
            return ResourceHeader.Read(body) is { ResourceType: not (null or "OperationOutcome") } header ? header : null;
        }
        catch (JsonException)
        {
            // A body is optional in an answer to a write.
            return null;
        }
    }

    private static string? Version(string? etag) => etag is null ? null : etag.Replace("W/", "", StringComparison.Ordinal).Trim('"');

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
