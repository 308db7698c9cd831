using System.Text.Json;
using Interop.Anomaly.Features;
using Interop.Anomaly.Scoring;

namespace Interop.Anomaly.Alerts;

/// <summary>Reasons, class shares and features as JSON.</summary>
public static class AlertJson
{
    public const string NoReasons = "[]";
    public const string NoClasses = "{}";
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
    private static readonly string Normal = Write(new Dictionary<string, double> { ["normal"] = 1 });

    public static string Name(ReasonClass reasonClass) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reasonClass.ToString());

    public static string Reasons(AccessVerdict? verdict) =>
        verdict is null || verdict.Reasons.IsEmpty
            ? NoReasons
            : Write(
                verdict.Reasons.Select(r => new
                {
                    Class = Name(r.Class),
                    r.Text,
                    r.Feature,
                    Contribution = Math.Round(r.Contribution, 3),
                })
            );

    /// <summary>The texts of stored reasons.</summary>
    public static IReadOnlyList<string> Texts(JsonText reasons)
    {
        using var document = JsonDocument.Parse(reasons.Text);
        return [.. document.RootElement.EnumerateArray().Select(r => r.GetProperty("text").GetString()!)];
    }

    public static string Classes(AccessVerdict? verdict)
    {
        if (verdict is null)
            return NoClasses;
        return verdict.Reasons.IsEmpty
            ? Normal
            : Write(verdict.ClassShares().OrderBy(c => c.Key).ToDictionary(c => Name(c.Key), c => Math.Round(c.Value, 4)));
    }

    public static string Features(AccessFeatures? features) =>
        features is null
            ? NoClasses
            : Write(FeatureCatalog.All.ToDictionary(f => FeatureCatalog.Name(f.Feature), f => Math.Round(features[f.Feature], 4)));

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);
}
