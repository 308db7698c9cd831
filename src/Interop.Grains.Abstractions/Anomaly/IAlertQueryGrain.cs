using System.Collections.Immutable;

namespace Interop.Anomaly;

/// <summary>Reads alerts and accesses, in pages. Stateless.</summary>
[Alias("Interop.IAlertQueryGrain")]
public interface IAlertQueryGrain : IQueryGrain
{
    /// <summary>Alerts, the newest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<Alert>> List(AlertFilter filter);

    /// <summary>How many accesses there were since the instant, by severity and by state.</summary>
    [Alias("Count")]
    Task<AlertCounts> Count(DateTimeOffset since);

    /// <summary>MEDIUM and HIGH alerts that were stored after the position; null: from now on.</summary>
    [Alias("Follow")]
    Task<AlertFeedPage> Follow(string? position);

    /// <summary>One alert with its event and features; null: there is none.</summary>
    [Alias("Find")]
    Task<AlertDetail?> Find(string id);

    /// <summary>What an agent did in the four weeks before the instant, at most its newest 20,000 accesses.</summary>
    [Alias("GetAgentNorm")]
    Task<AgentNorm> GetAgentNorm(string source, string agent, DateTimeOffset until);

    /// <summary>Accesses to a patient's data or by an agent, from behind the cursor on.</summary>
    [Alias("ListAccesses")]
    Task<AccessPage> ListAccesses(AccessFilter filter);

    /// <summary>Counts the accesses that the filter lets through, whatever its cursor and limit are.</summary>
    [Alias("CountAccesses")]
    Task<AccessTotals> CountAccesses(AccessFilter filter);

    /// <summary>Cases, the newest first.</summary>
    [Alias("ListCases")]
    Task<ImmutableArray<AccessCase>> ListCases(string? status, string? assignee, int limit);

    /// <summary>Null: there is none.</summary>
    [Alias("FindCase")]
    Task<AccessCase?> FindCase(long id);

    /// <summary>The patients on the watchlist.</summary>
    [Alias("ListWatched")]
    Task<ImmutableArray<WatchedPatient>> ListWatched();

    /// <summary>Suppressions that have not ended.</summary>
    [Alias("ListSuppressions")]
    Task<ImmutableArray<Suppression>> ListSuppressions();
}

/// <summary>Which alerts to list; null members filter nothing.</summary>
/// <param name="Agent">A reference, an id alone (a Practitioner's, or a login), or an absolute reference.</param>
/// <param name="Before">The last alert of the page before; null: the first page.</param>
[GenerateSerializer, Immutable, Alias("Interop.AlertFilter")]
public sealed record AlertFilter(
    string? Severity,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    string? Source,
    string? Agent,
    string? Status,
    int Limit,
    AlertPosition? Before = null
);

/// <summary>A place in the list of alerts: behind this alert.</summary>
[GenerateSerializer, Immutable, Alias("Interop.AlertPosition")]
public sealed record AlertPosition(DateTimeOffset Time, string Id);

/// <summary>What an agent usually does: its accesses of the last weeks.</summary>
/// <param name="HoursOfWeek">Accesses in each hour of the week in UTC, 168 numbers, from Monday 00:00.</param>
/// <param name="Days">The days, oldest first, those without an access left out.</param>
[GenerateSerializer, Immutable, Alias("Interop.AgentNorm")]
public sealed record AgentNorm(ImmutableArray<long> HoursOfWeek, ImmutableArray<AgentDay> Days);

/// <param name="Day">Its beginning, in UTC.</param>
/// <param name="Patients">Different patients.</param>
[GenerateSerializer, Immutable, Alias("Interop.AgentDay")]
public sealed record AgentDay(DateTimeOffset Day, long Accesses, long Patients);

/// <summary>Counts of stored events.</summary>
[GenerateSerializer, Immutable, Alias("Interop.AlertCounts")]
public sealed record AlertCounts(ImmutableArray<SeverityCount> Severities)
{
    /// <summary>The counts of a severity.</summary>
    public SeverityCount Of(string severity) =>
        Severities.FirstOrDefault(count => count.Severity == severity) ?? new SeverityCount(severity, 0, 0);
}

/// <param name="Open">Those that have no verdict and are not suppressed.</param>
[GenerateSerializer, Immutable, Alias("Interop.SeverityCount")]
public sealed record SeverityCount(string Severity, long Total, long Open);

/// <summary>Alerts that were stored after a position.</summary>
/// <param name="Alerts">In the order in which they were stored.</param>
/// <param name="Position">The position after the last of them.</param>
[GenerateSerializer, Immutable, Alias("Interop.AlertFeedPage")]
public sealed record AlertFeedPage(ImmutableArray<AlertFeedItem> Alerts, string Position);

/// <summary>An alert and its place in the feed.</summary>
/// <param name="Alert">The alert.</param>
/// <param name="Position">The position after this alert.</param>
[GenerateSerializer, Immutable, Alias("Interop.AlertFeedItem")]
public sealed record AlertFeedItem(Alert Alert, string Position);

/// <summary>A stored event with its score, as the dashboard shows it.</summary>
/// <param name="Id"><c>source-number</c>.</param>
/// <param name="Prediction">anomaly, normal or unscored.</param>
/// <param name="Score">From 0 to 1; null: unscored.</param>
/// <param name="Share">The share of the training events at least as anomalous.</param>
/// <param name="ClassProbs">JSON object of classes.</param>
/// <param name="Reasons">JSON array of reasons.</param>
[GenerateSerializer, Immutable, Alias("Interop.Alert")]
public sealed record Alert(
    string Id,
    string Source,
    string EventId,
    DateTimeOffset Time,
    DateTimeOffset StoredAt,
    string Agent,
    string? Role,
    string? Patient,
    string Kind,
    string? Action,
    string? Outcome,
    string? Address,
    string? ResourceType,
    string? Purpose,
    string Care,
    string? CareText,
    string Prediction,
    double? Score,
    double? Share,
    string Severity,
    string? PredictedClass,
    JsonText ClassProbs,
    JsonText Reasons,
    string? ModelVersion,
    string Status,
    int Flags
);

/// <summary>One alert with its evidence.</summary>
/// <param name="Features">JSON object: the feature vector.</param>
/// <param name="Event">The AuditEvent as received.</param>
[GenerateSerializer, Immutable, Alias("Interop.AlertDetail")]
public sealed record AlertDetail(Alert Alert, JsonText Features, JsonText Event);

/// <summary>Which accesses to list: of one patient or of one agent.</summary>
/// <param name="Patient">Accesses to this patient's data.</param>
/// <param name="Agent">Accesses by this agent: a reference, an id alone (a Practitioner's, or a login), or an absolute reference.</param>
/// <param name="Cursor">The last page's <see cref="AccessPage.Next"/>; null: the beginning.</param>
/// <param name="NewestFirst">Whether the newest access comes first; else the oldest.</param>
/// <param name="Care">Only accesses with this clinical context: explained, unexplained or unknown; null: all.</param>
/// <param name="Limit">The size of a page, 1 to 500; null: 500.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessFilter")]
public sealed record AccessFilter(
    string? Patient,
    string? Agent,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    string? Cursor,
    bool NewestFirst = false,
    string? Care = null,
    int? Limit = null
);

/// <summary>Counts over a report of accesses.</summary>
/// <param name="Agents">How many different agents there are.</param>
/// <param name="Patients">How many different patients there are.</param>
/// <param name="Explained">Accesses that the clinical data explains.</param>
/// <param name="Unexplained">Accesses to a patient that the clinical data does not explain.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessTotals")]
public sealed record AccessTotals(long Accesses, long Agents, long Patients, long Explained, long Unexplained);

/// <summary>A page of accesses.</summary>
/// <param name="Next">The cursor of the next page; null: this is the last.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessPage")]
public sealed record AccessPage(ImmutableArray<Alert> Accesses, string? Next);

/// <summary>The alerts of one agent and class within 24 hours, with the state of their investigation.</summary>
/// <param name="History">JSON array of what happened to the case.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessCase")]
public sealed record AccessCase(
    long Id,
    string Source,
    string Agent,
    string ReasonClass,
    string Status,
    string? Assignee,
    DateTimeOffset OpenedAt,
    DateTimeOffset LastAt,
    long Alerts,
    JsonText History
);

/// <summary>A patient on the watchlist.</summary>
/// <param name="Patient">The patient, as <c>Patient/ID</c>.</param>
/// <param name="Reason">Why the patient is watched, in the operator's words; null: none was given.</param>
/// <param name="AddedAt">When the patient was put on the list.</param>
[GenerateSerializer, Immutable, Alias("Interop.WatchedPatient")]
public sealed record WatchedPatient(string Patient, string? Reason, DateTimeOffset AddedAt);

/// <summary>A rule that keeps matching accesses from becoming alerts.</summary>
/// <param name="Suppressed">How many alerts it kept back.</param>
[GenerateSerializer, Immutable, Alias("Interop.Suppression")]
public sealed record Suppression(
    long Id,
    string? Agent,
    string? Action,
    string? ReasonClass,
    DateTimeOffset Until,
    DateTimeOffset CreatedAt,
    long Suppressed
);
