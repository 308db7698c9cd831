using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Dashboard.Pages.Runs;

/// <summary>The details of a run, read from their JSON.</summary>
internal sealed record RunDetails(
    string? Error,
    string? Waiting,
    string? Owner,
    string? SourceUrl,
    string? Trigger,
    string? Job,
    long Epoch,
    bool IsFull,
    string? ReplayStage,
    string? View,
    string? ExportPath,
    ImmutableArray<string> Warnings
)
{
    public static RunDetails Read(JsonText details)
    {
        using var document = JsonDocument.Parse(details.Text);
        var root = document.RootElement;
        var meta = root.TryGetProperty("run_meta", out var given) ? given : default;
        return new RunDetails(
            Text(root, "error"),
            Text(root, "waiting"),
            Text(root, "owner"),
            Text(root, "source_url"),
            Text(meta, "trigger"),
            Text(meta, "job"),
            root.TryGetProperty("epoch", out var epoch) ? epoch.GetInt64() : 0,
            root.TryGetProperty("full", out var full) && full.ValueKind == JsonValueKind.True,
            Text(root, "replay_stage"),
            Text(root, "view"),
            Text(root, "export_path"),
            root.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
                ? [.. warnings.EnumerateArray().Select(warning => warning.ToString())]
                : []
        );
    }

    private static string? Text(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>An issue of the validator.</summary>
internal sealed record LetterIssue(string Severity, string Code, string? Location, string Text)
{
    public static ImmutableArray<LetterIssue> Read(JsonText issues)
    {
        using var document = JsonDocument.Parse(issues.Text);
        return document.RootElement.ValueKind == JsonValueKind.Array
            ?
            [
                .. document
                    .RootElement.EnumerateArray()
                    .Where(issue => issue.ValueKind == JsonValueKind.Object)
                    .Select(issue => new LetterIssue(
                        Member(issue, "severity"),
                        Member(issue, "code"),
                        Member(issue, "location"),
                        Member(issue, "text")
                    )),
            ]
            : [];
    }

    private static string Member(JsonElement issue, string name) =>
        issue.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
