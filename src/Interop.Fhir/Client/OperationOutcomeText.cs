using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Fhir.Client;

/// <summary>The text of an OperationOutcome in one line.</summary>
public static class OperationOutcomeText
{
    private const int MaxLength = 500;
    private const int MaxCodes = 5;
    private const int MaxCodeLength = 20; // "incomplete", "business-rule", ... (R4, IssueType)

    /// <summary>The issues' diagnostics (else details.text, else code), joined; null when the bytes are no OperationOutcome.</summary>
    public static string? Read(ReadOnlySpan<byte> utf8)
    {
        if (Parse(utf8) is not { } document)
            return null;
        using (document)
        {
            if (Issues(document.RootElement) is not { } issues)
                return "OperationOutcome without an issue";
            var text = string.Join("; ", issues.Select(Issue));
            return text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        }
    }

    /// <summary>
    /// The codes of the issues; empty when the bytes are no OperationOutcome. Unlike the texts, which may name a patient, they can go into
    /// a
    /// log.
    /// </summary>
    public static ImmutableArray<string> ReadCodes(ReadOnlySpan<byte> utf8)
    {
        if (Parse(utf8) is not { } document)
            return [];
        using (document)
            return
            [
                .. (Issues(document.RootElement) ?? [])
                    .Select(i => Text(i, "code"))
                    .OfType<string>()
                    .Where(IsCode)
                    .Distinct()
                    .Take(MaxCodes),
            ];
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object && Text(document.RootElement, "resourceType") == "OperationOutcome")
                return document;
            document.Dispose();
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IEnumerable<JsonElement>? Issues(JsonElement outcome) =>
        outcome.TryGetProperty("issue", out var issues) && issues.ValueKind == JsonValueKind.Array
            ? issues.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object)
            : null;

    /// <summary>A code of R4 consists of lower-case letters and hyphens; other text is not a code and does not get into a log.</summary>
    private static bool IsCode(string code) =>
        code is { Length: > 0 and <= MaxCodeLength } && code.All(c => char.IsAsciiLetterLower(c) || c == '-');

    private static string Issue(JsonElement issue)
    {
        var details = issue.TryGetProperty("details", out var d) && d.ValueKind == JsonValueKind.Object ? Text(d, "text") : null;
        return Text(issue, "diagnostics") ?? details ?? Text(issue, "code") ?? "no text";
    }

    private static string? Text(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate
        }
    }
}
