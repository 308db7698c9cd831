using Interop.Access;
using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>audit_scores</c>: every event with its score.</summary>
public static class AuditEventStore
{
    /// <summary>The columns of <see cref="AlertRow"/>: <c>audit_scores</c> as e, <c>alert_feedback</c> as f.</summary>
    internal const string AlertColumns = """
        e.source, e.number, e.event_id, e.event_time, e.stored_at, e.agent, e.role, e.patient, e.kind, e.action, e.outcome, e.address, e.resource_type,
        e.purpose, e.care, e.care_text, e.share, e.score, e.severity, e.predicted_class, e.class_probs, e.reasons, e.model_version, e.suppressed, e.flags,
        f.verdict
        """;

    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const string FromAlerts = "FROM audit_scores e LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number";

    private static readonly TableShape Shape = new(
        "audit_scores",
        [
            new("source", ColumnType.Text),
            new("number", ColumnType.Integer),
            new("event_id", ColumnType.Text),
            new("version_id", ColumnType.Text),
            new("event_time", ColumnType.Timestamp),
            new("last_updated", ColumnType.Timestamp),
            new("stored_at", ColumnType.Timestamp),
            new("sequence", ColumnType.Integer),
            new("agent", ColumnType.Text),
            new("role", ColumnType.Text),
            new("patient", ColumnType.Text),
            new("kind", ColumnType.Text),
            new("action", ColumnType.Text),
            new("outcome", ColumnType.Text),
            new("address", ColumnType.Text),
            new("resource_type", ColumnType.Text),
            new("purpose", ColumnType.Text),
            new("care", ColumnType.Text),
            new("care_text", ColumnType.Text),
            new("care_flags", ColumnType.Integer),
            new("flags", ColumnType.Integer),
            new("features", ColumnType.Binary),
            new("share", ColumnType.Real),
            new("score", ColumnType.Real),
            new("severity", ColumnType.Text),
            new("predicted_class", ColumnType.Text),
            new("reasons", ColumnType.Text),
            new("class_probs", ColumnType.Text),
            new("model_version", ColumnType.Text),
            new("shadow_version", ColumnType.Text),
            new("shadow_score", ColumnType.Real),
            new("suppressed", ColumnType.Boolean),
            new("raw", ColumnType.Json),
        ],
        ["source", "event_id", "version_id"]
    );

    /// <summary>The stored events among these ids, with their versions and numbers.</summary>
    public static Task<IReadOnlyList<StoredEvent>> FindAsync(
        DbSession session,
        string source,
        IEnumerable<string> ids,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<StoredEvent>(
            session.SelectByKeys("event_id, version_id, number", "audit_scores", "source = @source", "event_id", "@ids"),
            new { source, ids = session.ArrayOf(ids) },
            cancellationToken
        );

    /// <summary>Stores new events. An event that is stored already fails the whole transaction, so the caller checks first.</summary>
    public static async Task AddAsync(
        DbSession session,
        IReadOnlyList<ScoredAccess> accesses,
        long sequence,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(Shape);
        foreach (var access in accesses)
            Append(rows, access, sequence, now);
        await session.BulkUpsertAsync(rows, UpsertRule.Refuse, cancellationToken);
    }

    /// <param name="session">A read.</param>
    /// <param name="filter">What is asked for; its agent counts by <paramref name="agents"/>.</param>
    /// <param name="agents">The forms in which the agent may be stored.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static async Task<IReadOnlyList<Alert>> ListAsync(
        DbSession session,
        AlertFilter filter,
        IReadOnlyList<string> agents,
        CancellationToken cancellationToken
    )
    {
        var conditions = new List<string>();
        Add(filter.Severity is not null, "e.severity = @Severity");
        // So that the database uses the index of these.
        Add(filter.Severity is "HIGH" or "MEDIUM", "e.severity <> 'LOW'");
        Add(filter.Since is not null, "e.event_time >= @Since");
        Add(filter.Until is not null, "e.event_time < @Until");
        Add(filter.Source is not null, "e.source = @Source");
        // Reading this list is also an access: without this filter the list would mostly show reads of the list.
        Add(filter.Source is null && filter.Severity is null, $"(e.source <> '{AuditTrail.Source}' OR e.severity <> 'LOW')");
        Add(filter.Agent is not null, session.IsAnyOf("e.agent", "@agents"));
        Add(filter.Status == "suppressed", "e.suppressed");
        Add(filter.Status is "confirmed" or "dismissed", "f.verdict = @Status");
        Add(filter.Status == "open", "f.verdict IS NULL AND NOT e.suppressed");
        var (before, beforeSource, beforeNumber) = (filter.Before?.Time, "", 0L);
        if (filter.Before is { } position && AlertId.TryParse(position.Id, out beforeSource, out beforeNumber))
        {
            Add(true, "e.event_time <= @before");
            Add(true, "(e.event_time < @before OR e.source > @beforeSource OR (e.source = @beforeSource AND e.number < @beforeNumber))");
        }

        // Without a bound on the time SQLite reads and sorts all events instead of taking the newest from their index.
        Add(true, "e.event_time < @latest");
        var where = $"WHERE {string.Join(" AND ", conditions)}";
        // A verdict is rare: begin with the verdicts instead of all events.
        var from = filter.Status is "confirmed" or "dismissed"
            ? FromAlerts.Replace("LEFT JOIN", "JOIN", StringComparison.Ordinal)
            : FromAlerts;
        var rows = await session.QueryAsync<AlertRow>(
            $"SELECT {AlertColumns} {from} {where} ORDER BY e.event_time DESC, e.source, e.number DESC LIMIT {filter.Limit}",
            new
            {
                filter.Severity,
                filter.Since,
                filter.Until,
                filter.Source,
                filter.Status,
                agents = session.ArrayOf(agents),
                before,
                beforeSource,
                beforeNumber,
                latest = Latest,
            },
            cancellationToken
        );
        return [.. rows.Select(r => r.ToAlert())];

        void Add(bool asked, string condition)
        {
            if (asked)
                conditions.Add(condition);
        }
    }

    /// <summary>How many events there were since the instant, by severity.</summary>
    public static Task<IReadOnlyList<SeverityCount>> CountBySeverityAsync(
        DbSession session,
        DateTimeOffset since,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<SeverityCount>(
            $"""
            SELECT e.severity, COUNT(*) AS total, SUM(CASE WHEN f.verdict IS NULL AND NOT e.suppressed THEN 1 ELSE 0 END) AS open
            {FromAlerts} WHERE e.event_time >= @since GROUP BY e.severity
            """,
            new { since },
            cancellationToken
        );

    /// <summary>Alerts of a source by their numbers.</summary>
    public static async Task<IReadOnlyList<Alert>> ListByNumberAsync(
        DbSession session,
        string source,
        IEnumerable<long> numbers,
        CancellationToken cancellationToken
    )
    {
        var alerts = new List<Alert>();
        foreach (var number in numbers)
        {
            var row = await session.FirstAsync<AlertRow>(
                $"SELECT {AlertColumns} {FromAlerts} WHERE e.source = @source AND e.number = @number",
                new { source, number },
                cancellationToken
            );
            if (row is not null)
                alerts.Add(row.ToAlert());
        }

        return alerts;
    }

    /// <summary>MEDIUM and HIGH alerts of a source with numbers above one and up to another, in their order.</summary>
    public static async Task<IReadOnlyList<(long Number, Alert Alert)>> ListBetweenAsync(
        DbSession session,
        string source,
        long above,
        long upTo,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<AlertRow>(
            $"""
            SELECT {AlertColumns} {FromAlerts} WHERE e.source = @source AND e.number > @above AND e.number <= @upTo
                AND e.severity <> 'LOW' AND NOT e.suppressed ORDER BY e.number LIMIT @limit
            """,
            new
            {
                source,
                above,
                upTo,
                limit,
            },
            cancellationToken
        );
        return [.. rows.Select(r => (r.Number, r.ToAlert()))];
    }

    public static async Task<(Alert Alert, byte[] Features, string Raw)?> FindAlertAsync(
        DbSession session,
        string source,
        long number,
        CancellationToken cancellationToken
    )
    {
        var row = await session.FirstAsync<AlertRow>(
            $"SELECT {AlertColumns} {FromAlerts} WHERE e.source = @source AND e.number = @number",
            new { source, number },
            cancellationToken
        );
        if (row is null)
            return null;
        var evidence = (
            await session.FirstAsync<EvidenceRow>(
                "SELECT features, raw FROM audit_scores WHERE source = @source AND number = @number",
                new { source, number },
                cancellationToken
            )
        )!;
        return (row.ToAlert(), evidence.Features, evidence.Raw);
    }

    /// <summary>When an agent accessed which patient, newest first.</summary>
    public static Task<IReadOnlyList<AgentAccess>> ListOfAgentAsync(
        DbSession session,
        string source,
        string agent,
        DateTimeOffset since,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<AgentAccess>(
            """
            SELECT event_time, patient FROM audit_scores
            WHERE agent = @agent AND event_time >= @since AND event_time <= @until AND source = @source ORDER BY event_time DESC LIMIT @limit
            """,
            new
            {
                source,
                agent,
                since,
                until,
                limit,
            },
            cancellationToken
        );

    /// <summary>Features of stored events to train on, confirmed anomalies left out: at most the limit, spread evenly.</summary>
    public static IAsyncEnumerable<TrainingRow> TrainingRowsAsync(DbSession session, long step, CancellationToken cancellationToken) =>
        session.StreamAsync<TrainingRow>(
            """
            SELECT e.event_time, e.features FROM audit_scores e LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number
            WHERE e.number % @step = 0 AND (f.verdict IS NULL OR f.verdict <> 'confirmed')
            """,
            new { step },
            cancellationToken
        );

    public static Task<long> CountAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT COUNT(*) FROM audit_scores", null, cancellationToken);

    public static Task<long> CountUnscoredAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT COUNT(*) FROM audit_scores WHERE model_version IS NULL", null, cancellationToken);

    /// <summary>Events that no model has scored, with what a score needs, from behind (source, number) on.</summary>
    public static Task<IReadOnlyList<UnscoredRow>> UnscoredAsync(
        DbSession session,
        string source,
        long number,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<UnscoredRow>(
            """
            SELECT source, number, event_id, event_time, agent, patient, kind, outcome, care, care_flags, flags, features FROM audit_scores
            WHERE model_version IS NULL AND (source, number) > (@source, @number) ORDER BY source, number LIMIT @limit
            """,
            new
            {
                source,
                number,
                limit,
            },
            cancellationToken
        );

    /// <summary>Stores the score of an unscored event.</summary>
    public static Task ScoreAsync(
        DbSession session,
        string source,
        long number,
        AccessVerdict verdict,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            UPDATE audit_scores SET share = @share, score = @score, severity = @severity, predicted_class = @predicted, reasons = @reasons,
                class_probs = @classes, model_version = @version WHERE source = @source AND number = @number AND model_version IS NULL
            """,
            new
            {
                source,
                number,
                share = verdict.Share,
                score = verdict.Score,
                severity = Severity(verdict),
                predicted = AlertJson.Name(verdict.PredictedClass),
                reasons = AlertJson.Reasons(verdict),
                classes = AlertJson.Classes(verdict),
                version = verdict.ModelVersion,
            },
            cancellationToken
        );

    private static string Severity(AccessVerdict? verdict) =>
        verdict?.Severity switch
        {
            AccessSeverity.High => "HIGH",
            AccessSeverity.Medium => "MEDIUM",
            _ => "LOW",
        };

    private static void Append(RowBatch rows, ScoredAccess access, long sequence, DateTimeOffset now)
    {
        var (e, care, verdict) = (access.Event, access.Care, access.Verdict);
        rows.BeginRow();
        rows.WriteText(access.Source);
        rows.WriteInteger(access.Number);
        rows.WriteText(e.Id);
        rows.WriteText(e.VersionId ?? "");
        rows.WriteTimestamp(e.Time);
        Timestamp(e.LastUpdated);
        rows.WriteTimestamp(now);
        rows.WriteInteger(sequence);
        rows.WriteText(e.Agent);
        rows.WriteText(access.Role);
        rows.WriteText(e.Patient);
        rows.WriteText(KindNames.Of(e.Kind));
        rows.WriteText(e.Action);
        rows.WriteText(e.Outcome);
        rows.WriteText(e.Address);
        rows.WriteText(e.ResourceType);
        rows.WriteText(e.Purpose);
        rows.WriteText(KindNames.Of(care.Link));
        rows.WriteText(care.LinkedBy);
        rows.WriteInteger(CareFlags.Of(care));
        rows.WriteInteger((long)e.Flags);
        rows.WriteBinary(access.Features.Save());
        Real(verdict?.Share);
        Real(verdict?.Score);
        rows.WriteText(Severity(verdict));
        rows.WriteText(verdict is null ? null : AlertJson.Name(verdict.PredictedClass));
        rows.WriteText(AlertJson.Reasons(verdict));
        rows.WriteText(AlertJson.Classes(verdict));
        rows.WriteText(verdict?.ModelVersion);
        rows.WriteText(access.Shadow?.ModelVersion);
        Real(access.Shadow?.Score);
        rows.WriteBoolean(access.IsSuppressed);
        rows.WriteUtf8(access.Raw.Span);

        void Real(double? value)
        {
            if (value is { } given)
                rows.WriteReal(given);
            else
                rows.WriteNull();
        }

        void Timestamp(DateTimeOffset? value)
        {
            if (value is { } given)
                rows.WriteTimestamp(given);
            else
                rows.WriteNull();
        }
    }

    public sealed record AgentAccess(DateTimeOffset EventTime, string? Patient);

    public sealed record StoredEvent(string EventId, string VersionId, long Number);

    public sealed record TrainingRow(DateTimeOffset EventTime, byte[] Features);

    private sealed record EvidenceRow(byte[] Features, string Raw);
}
