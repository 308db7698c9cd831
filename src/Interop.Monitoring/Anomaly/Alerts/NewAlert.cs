using Interop.Anomaly.Scoring;

namespace Interop.Anomaly.Alerts;

/// <summary>A MEDIUM or HIGH alert that no suppression keeps back, when its score is stored.</summary>
public sealed record NewAlert(string Source, long Number, string Agent, string ReasonClass, AccessSeverity Severity, DateTimeOffset Time)
{
    /// <summary>The alerts among accesses that are about to be stored.</summary>
    public static IReadOnlyList<NewAlert> Of(IEnumerable<ScoredAccess> accesses) =>
        [
            .. accesses
                .Where(a => !a.IsSuppressed)
                .Select(a => Of(a.Source, a.Number, a.Event.Agent, a.Event.Time, a.Verdict))
                .OfType<NewAlert>(),
        ];

    /// <summary>Null: an access without an alert.</summary>
    internal static NewAlert? Of(UnscoredRow row, AccessVerdict verdict) => Of(row.Source, row.Number, row.Agent, row.EventTime, verdict);

    private static NewAlert? Of(string source, long number, string agent, DateTimeOffset time, AccessVerdict? verdict) =>
        verdict is { Severity: > AccessSeverity.Low }
            ? new NewAlert(source, number, agent, AlertJson.Name(verdict.PredictedClass), verdict.Severity, time)
            : null;
}
