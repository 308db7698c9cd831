using System.Text.Json;
using Interop.Fhir.Json;

namespace Interop.Fhir.Client.Bulk;

/// <summary>A file of an export.</summary>
/// <param name="Type">The resource type that the server says it holds; empty where it does not say.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Count">How many resources it has; null where the server does not say.</param>
public sealed record BulkFile(string Type, Uri Url, long? Count);

/// <summary>The answer of a finished export (Bulk Data Access 2.0, "Response - Complete Status").</summary>
/// <param name="TransactionTime">The export has everything up to this instant.</param>
/// <param name="RequiresAccessToken">Whether the files need the credentials of the source.</param>
/// <param name="Output">Files of resources.</param>
/// <param name="Deleted">Files of Bundles whose entries name the deleted resources.</param>
/// <param name="Outcomes">Files of OperationOutcomes (<c>error</c> and <c>outcome</c>).</param>
public sealed record BulkManifest(
    DateTimeOffset TransactionTime,
    bool RequiresAccessToken,
    IReadOnlyList<BulkFile> Output,
    IReadOnlyList<BulkFile> Deleted,
    IReadOnlyList<BulkFile> Outcomes
)
{
    /// <summary>Reads a manifest.</summary>
    /// <param name="utf8">The body of the answer.</param>
    /// <param name="statusUrl">Relative URLs of files start from it.</param>
    /// <exception cref="BulkExportException">The body is not a manifest.</exception>
    public static BulkManifest Parse(ReadOnlyMemory<byte> utf8, Uri statusUrl)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new BulkExportException("the export's manifest is not a JSON object");
            if (OperationOutcomeText.Read(utf8.Span) is { } said)
                throw new BulkExportException($"the export answered with an OperationOutcome: {said}");
            if (
                !root.TryGetProperty("transactionTime", out var time)
                || time.ValueKind != JsonValueKind.String
                || ResourceHeader.ParseInstant(time.GetString()!) is not { } instant
            )
                throw new BulkExportException("the export's manifest has no transactionTime that is an instant");
            if (!root.TryGetProperty("output", out var output) || output.ValueKind != JsonValueKind.Array)
                throw new BulkExportException("the export's manifest has no array `output`");
            return new BulkManifest(
                instant,
                root.TryGetProperty("requiresAccessToken", out var requires) && requires.ValueKind == JsonValueKind.True,
                Files(root, "output", statusUrl),
                Files(root, "deleted", statusUrl),
                [.. Files(root, "error", statusUrl), .. Files(root, "outcome", statusUrl)]
            );
        }
        catch (JsonException e)
        {
            throw new BulkExportException($"the export's manifest is not JSON: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            throw new BulkExportException("the export's manifest has a text that is not valid UTF-16");
        }
    }

    private static List<BulkFile> Files(JsonElement root, string name, Uri statusUrl)
    {
        var files = new List<BulkFile>();
        if (!root.TryGetProperty(name, out var array) || array.ValueKind != JsonValueKind.Array)
            return files;
        foreach (var (index, item) in array.EnumerateArray().Index())
        {
            if (
                item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("url", out var url)
                || url.ValueKind != JsonValueKind.String
                || !Uri.TryCreate(statusUrl, url.GetString(), out var target)
            )
                throw new BulkExportException($"file {index + 1} of `{name}` in the export's manifest has no URL");
            var type = item.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString()! : "";
            var count = item.TryGetProperty("count", out var c) && c.ValueKind == JsonValueKind.Number && c.TryGetInt64(out var n) ? n : -1;
            files.Add(new BulkFile(type, target, count >= 0 ? count : null));
        }

        return files;
    }
}

/// <summary>A server does not follow the specification of bulk exports. The message says how.</summary>
public sealed class BulkExportException(string message) : Exception(message);
