using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Dashboard.Pages.Alerts;

/// <summary>Why an access is unusual.</summary>
/// <param name="Class">What it speaks for, such as snooping.</param>
/// <param name="Share">Its part of all reasons together.</param>
internal sealed record AlertReason(string Class, string Text, double Share)
{
    public static ImmutableArray<AlertReason> Read(JsonText reasons)
    {
        using var document = JsonDocument.Parse(reasons.Text);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            return [];
        var all = document
            .RootElement.EnumerateArray()
            .Select(reason =>
                (
                    Class: Member(reason, "class"),
                    Words: Member(reason, "text"),
                    Weight: reason.TryGetProperty("contribution", out var weight) ? Math.Max(0, weight.GetDouble()) : 0
                )
            )
            .ToList();
        var sum = Math.Max(all.Sum(reason => reason.Weight), 1e-9);
        return [.. all.Select(reason => new AlertReason(reason.Class, reason.Words, reason.Weight / sum))];
    }

    /// <summary>The class in words.</summary>
    public static string NameOf(string? reasonClass) =>
        reasonClass is { Length: > 0 } name ? char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ') : "Normal";

    private static string Member(JsonElement reason, string name) => reason.TryGetProperty(name, out var value) ? value.ToString() : "";
}
