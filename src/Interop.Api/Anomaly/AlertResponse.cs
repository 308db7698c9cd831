using System.Text.Json.Serialization;
using Interop.Anomaly;

namespace Interop.Api.Anomaly;

/// <summary>An alert with the documented system's old and new names: the pairs hold the same value.</summary>
public sealed record AlertResponse(
    string Id,
    DateTimeOffset Timestamp,
    DateTimeOffset Ts,
    [property: JsonPropertyName("source_ip")] string? SourceIp,
    string Prediction,
    string Pred,
    double? AnomalyScore,
    double? Score,
    string Severity,
    string Sev,
    string RawFhirId,
    string? PredictedClass,
    JsonText ClassProbs,
    AlertMeta Meta,
    string Source,
    string Agent,
    string? Patient,
    string? Action,
    string? Outcome,
    JsonText Reasons,
    string? Rarity,
    string? ModelVersion,
    string Status
)
{
    /// <summary>The feature vector; only of one alert.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonText? Features { get; init; }

    /// <summary>The AuditEvent as received; only of one alert.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonText? Event { get; init; }

    internal static AlertResponse Of(AlertDetail detail) => Of(detail.Alert) with { Features = detail.Features, Event = detail.Event };

    internal static AlertResponse Of(Alert a) =>
        new(
            a.Id,
            a.Time,
            a.Time,
            a.Address,
            a.Prediction,
            a.Prediction,
            a.Score,
            a.Score,
            a.Severity,
            a.Severity,
            a.EventId,
            a.PredictedClass,
            a.ClassProbs,
            new AlertMeta(a.Kind, a.Role, a.ResourceType, a.Purpose, a.Care, a.CareText, a.Flags, a.StoredAt),
            a.Source,
            a.Agent,
            a.Patient,
            a.Action,
            a.Outcome,
            a.Reasons,
            a.Share is { } share ? $"1 in {Math.Round(1 / share):N0}" : null,
            a.ModelVersion,
            a.Status
        );
}

/// <param name="Care">explained, unexplained or unknown.</param>
/// <param name="CareText">What connects agent and patient.</param>
/// <param name="Flags">What was wrong with the event, as bits.</param>
public sealed record AlertMeta(
    string Kind,
    string? Role,
    string? ResourceType,
    string? Purpose,
    string Care,
    string? CareText,
    int Flags,
    DateTimeOffset StoredAt
);

public sealed record AlertsResponse(IReadOnlyList<AlertResponse> Alerts, int Count, DateTimeOffset Timestamp)
{
    internal static AlertsResponse Of(IReadOnlyCollection<Alert> alerts, DateTimeOffset now) =>
        new([.. alerts.Select(AlertResponse.Of)], alerts.Count, now);
}

/// <param name="Verdict">confirmed or dismissed.</param>
public sealed record FeedbackRequest(string? Verdict, string? Reason);

/// <param name="ReasonClass">Such as snooping.</param>
public sealed record SuppressionRequest(string? Agent, string? Action, string? ReasonClass, DateTimeOffset? Until);

/// <param name="Status">open, confirmed or dismissed.</param>
public sealed record CaseRequest(string? Status, string? Assignee, string? Note);

/// <param name="Patient">Patient/ID.</param>
public sealed record WatchRequest(string? Patient, string? Reason);
