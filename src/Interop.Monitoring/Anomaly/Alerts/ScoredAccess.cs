using Interop.Anomaly.Scoring;

namespace Interop.Anomaly.Alerts;

/// <summary>A scored access that is not stored yet.</summary>
/// <param name="Number">Counts the events of the source.</param>
/// <param name="Verdict">Null: there is no model yet.</param>
/// <param name="Shadow">The verdict of the model that is tried in shadow.</param>
/// <param name="IsSuppressed">A suppression keeps its alert back.</param>
/// <param name="Raw">The AuditEvent as received.</param>
public sealed record ScoredAccess(
    string Source,
    long Number,
    AccessEvent Event,
    CareContext Care,
    string Role,
    AccessFeatures Features,
    AccessVerdict? Verdict,
    AccessVerdict? Shadow,
    bool IsSuppressed,
    ReadOnlyMemory<byte> Raw
)
{
    /// <summary>The event's patients but the first.</summary>
    public IReadOnlyCollection<string> OtherPatients { get; init; } = [];

    /// <summary>The alert's id.</summary>
    public string Id => AlertId.Of(Source, Number);
}

/// <summary>The id of an alert: <c>source-number</c>.</summary>
public static class AlertId
{
    public static string Of(string source, long number) => $"{source}-{number}";

    public static bool TryParse(string id, out string source, out long number)
    {
        var dash = id.LastIndexOf('-');
        (source, number) = (dash > 0 ? id[..dash] : "", 0);
        return dash > 0 && long.TryParse(id.AsSpan(dash + 1), out number) && number > 0;
    }
}
