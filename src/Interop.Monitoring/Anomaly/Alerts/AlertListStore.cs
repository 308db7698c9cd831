using Interop.Access;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// The list of alerts by a filter, newest first: <c>audit_scores</c> with the verdicts of <c>alert_feedback</c>. A page takes a few rows of
/// millions, so that each kind of filter names the index that leads to them. Left to itself, PostgreSQL reads all events by their time when
/// an agent has none, or when verdicts are old.
/// </summary>
public static class AlertListStore
{
    private const string OfEvent = "ON f.source = e.source AND f.number = e.number";

    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>At most <see cref="AlertFilter.Limit"/> alerts, newest first.</summary>
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
        if (filter.Agent is not null && agents.Count == 0)
            return [];
        var forms = agents.Distinct(StringComparer.Ordinal).ToList();
        var (before, beforeSource, beforeNumber) = (filter.Before?.Time, "", 0L);
        var isContinued = filter.Before is { } position && AlertId.TryParse(position.Id, out beforeSource, out beforeNumber);
        var conditions = Conditions(filter, isContinued);
        var rows = await session.QueryAsync<AlertRow>(
            filter.Agent is not null ? ByAgent(session.Dialect, conditions, forms.Count, filter.Limit)
                : filter.Status is "confirmed" or "dismissed" ? ByVerdict(session.Dialect, conditions, filter.Limit)
                : ByTime(filter, conditions),
            new
            {
                filter.Severity,
                filter.Since,
                filter.Until,
                filter.Source,
                filter.Status,
                agents = session.ArrayOf(forms),
                before,
                beforeSource,
                beforeNumber,
                latest = Latest,
            },
            cancellationToken
        );
        return [.. rows.Select(r => r.ToAlert())];
    }

    private static string Conditions(AlertFilter filter, bool isContinued) =>
        SqlConditions.All(
            (filter.Severity, "e.severity = @Severity"),
            (filter.Since, "e.event_time >= @Since"),
            (filter.Until, "e.event_time < @Until"),
            (filter.Source, "e.source = @Source"),
            // Reading this list is also an access: without this filter the list would mostly show reads of the list.
            (When(filter.Source is null && filter.Severity is null), $"(e.source <> '{AuditTrail.Source}' OR e.severity <> 'LOW')"),
            (When(filter.Status == "suppressed"), "e.suppressed"),
            (When(filter.Status is "confirmed" or "dismissed"), "f.verdict = @Status"),
            (When(filter.Status == "open"), "f.verdict IS NULL AND NOT e.suppressed"),
            (When(isContinued), "e.event_time <= @before"),
            (
                When(isContinued),
                "(e.event_time < @before OR e.source > @beforeSource OR (e.source = @beforeSource AND e.number < @beforeNumber))"
            )
        );

    private static bool? When(bool condition) => condition ? true : null;

    /// <summary>From the newest event on, in the index of times, or in that of the events above LOW.</summary>
    private static string ByTime(AlertFilter filter, string conditions)
    {
        var index = filter.Severity is "HIGH" or "MEDIUM" ? " AND e.severity <> 'LOW'" : "";
        // Without a bound on the time SQLite reads and sorts all events instead of taking the newest from their index.
        return $"""
            SELECT {AuditEventStore.AlertColumns} FROM audit_scores e LEFT JOIN alert_feedback f {OfEvent}
            WHERE {conditions}{index} AND e.event_time < @latest {Newest(filter.Limit)}
            """;
    }

    /// <summary>From the newest event of each form of the agent on: the index of agents has their events in the order of time.</summary>
    private static string ByAgent(SqlDialect dialect, string conditions, int forms, int limit)
    {
        var parts = Enumerable
            .Range(0, forms)
            .Select(i =>
                $"""
                    SELECT * FROM (
                        SELECT {AuditEventStore.AlertColumns} FROM audit_scores e LEFT JOIN alert_feedback f {OfEvent}
                        WHERE {conditions} AND e.agent = {Element(dialect, i)} AND e.event_time < @latest {Newest(limit)}) AS part{i}
                    """
            );
        return $"SELECT * FROM ({string.Join(" UNION ALL ", parts)}) AS e {Newest(limit)}";
    }

    /// <summary>From the verdicts on, which are few: the order must not make the database begin with the events.</summary>
    private static string ByVerdict(SqlDialect dialect, string conditions, int limit)
    {
        var (from, time) =
            dialect == SqlDialect.Postgres
                ? ("alert_feedback f JOIN audit_scores e", "(e.event_time + interval '0')")
                : ("alert_feedback f CROSS JOIN audit_scores e", "e.event_time");
        return $"SELECT {AuditEventStore.AlertColumns} FROM {from} {OfEvent} WHERE {conditions} {Newest(limit, time)}";
    }

    private static string Newest(int limit, string time = "e.event_time") => $"ORDER BY {time} DESC, e.source, e.number DESC LIMIT {limit}";

    private static string Element(SqlDialect dialect, int index) =>
        dialect == SqlDialect.Postgres ? $"(@agents)[{index + 1}]" : $"json_extract(@agents, '$[{index}]')";
}
