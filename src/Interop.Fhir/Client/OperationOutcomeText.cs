using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Fhir.Client;

/// <summary>The text of an OperationOutcome in one line.</summary>
public static class OperationOutcomeText
{
    private const int MaxLength = 500;
    private const int MaxCodes = 5;

    /// <summary>The issues' diagnostics (else details.text, else code), joined; null when the bytes are no OperationOutcome.</summary>
    public static string? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "resourceType") != "OperationOutcome")
                return null;
            if (!root.TryGetProperty("issue", out var issues) || issues.ValueKind != JsonValueKind.Array)
                return "OperationOutcome without an issue";
            var text = string.Join("; ", issues.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object).Select(Issue));
            return text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The codes of the issues; empty when the bytes are no OperationOutcome. Unlike the texts they repeat no data.</summary>
    public static ImmutableArray<string> ReadCodes(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return
                root.ValueKind == JsonValueKind.Object
                && Text(root, "resourceType") == "OperationOutcome"
                && root.TryGetProperty("issue", out var issues)
                && issues.ValueKind == JsonValueKind.Array
                ?
                [
                    .. issues
                        .EnumerateArray()
                        .Where(issue => issue.ValueKind == JsonValueKind.Object)
                        .Select(issue => Text(issue, "code"))
                        .OfType<string>()
                        .Take(MaxCodes),
                ]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Issue(JsonElement issue)
    {
        var details = issue.TryGetProperty("details", out var d) && d.ValueKind == JsonValueKind.Object ? Text(d, "text") : null;
        return Text(issue, "diagnostics") ?? details ?? Text(issue, "code") ?? "no text";
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
