using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The report of accesses: <c>audit_scores</c> with the further patients of events, in the order of time.</summary>
public static class AccessReportStore
{
    /// <summary>Accesses behind the position: the oldest first, or the newest first.</summary>
    /// <param name="session">A read.</param>
    /// <param name="filter">What is asked for; its agent counts by <paramref name="agents"/>.</param>
    /// <param name="agents">The forms in which the agent may be stored.</param>
    /// <param name="after">The last access of the page before; null: the first page.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static async Task<IReadOnlyList<Alert>> ListAsync(
        DbSession session,
        AccessFilter filter,
        IReadOnlyList<string> agents,
        (DateTimeOffset Time, string Source, long Number)? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var behind =
            after is null ? ""
            : filter.NewestFirst ? "AND (event_time, source, number) < (@afterTime, @afterSource, @afterNumber)"
            : "AND (event_time, source, number) > (@afterTime, @afterSource, @afterNumber)";
        var direction = filter.NewestFirst ? "DESC" : "ASC";
        var rows = await session.QueryAsync<AlertRow>(
            $"""
            WITH found AS (
                {Keys(session, filter, behind)}
                ORDER BY event_time {direction}, source {direction}, number {direction} LIMIT @limit
            )
            SELECT {AuditEventStore.AlertColumns} FROM found JOIN audit_scores e ON e.source = found.source AND e.number = found.number
                LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number
            ORDER BY e.event_time {direction}, e.source {direction}, e.number {direction}
            """,
            Arguments(session, filter, agents, after, limit),
            cancellationToken
        );
        // A report of one patient does not name others.
        return [.. rows.Select(r => filter.Patient is { } patient ? r.ToAlert() with { Patient = patient } : r.ToAlert())];
    }

    /// <summary>How many accesses the report has, whatever its cursor and limit are.</summary>
    public static async Task<AccessTotals> CountAsync(
        DbSession session,
        AccessFilter filter,
        IReadOnlyList<string> agents,
        CancellationToken cancellationToken
    ) =>
        (
            await session.FirstAsync<AccessTotals>(
                $"""
                WITH found AS (
                    {Keys(session, filter, "")}
                )
                SELECT COUNT(*) AS accesses, COUNT(DISTINCT e.agent) AS agents, COUNT(DISTINCT e.patient) AS patients,
                    COALESCE(SUM(CASE WHEN e.care = 'explained' THEN 1 ELSE 0 END), 0) AS explained,
                    COALESCE(SUM(CASE WHEN e.care = 'unexplained' THEN 1 ELSE 0 END), 0) AS unexplained
                FROM found JOIN audit_scores e ON e.source = found.source AND e.number = found.number
                """,
                Arguments(session, filter, agents, null, 0),
                cancellationToken
            )
        )!;

    /// <summary>A query for the keys (event_time, source, number) of the accesses.</summary>
    private static string Keys(DbSession session, AccessFilter filter, string behind)
    {
        var since = filter.Since is null ? "" : "AND event_time >= @Since";
        var until = filter.Until is null ? "" : "AND event_time < @Until";
        var condition = $"{since} {until} {behind}";
        var care = filter.Care is null ? "" : "AND care = @Care";
        var who = filter.Patient is not null ? "patient = @Patient" : session.IsAnyOf("agent", "@agents");
        var keys = $"SELECT event_time, source, number FROM audit_scores WHERE {who} {care} {condition}";
        if (filter.Patient is null)
            return keys;
        var ofCare = filter.Care is null ? "" : $"AND {EventPatientStore.HasCare("@Care")}";
        return $"{keys} UNION ALL {EventPatientStore.Keys("@Patient", $"{condition} {ofCare}")}";
    }

    private static object Arguments(
        DbSession session,
        AccessFilter filter,
        IReadOnlyList<string> agents,
        (DateTimeOffset Time, string Source, long Number)? after,
        int limit
    ) =>
        new
        {
            filter.Patient,
            agents = session.ArrayOf(agents),
            filter.Since,
            filter.Until,
            filter.Care,
            afterTime = after?.Time,
            afterSource = after?.Source,
            afterNumber = after?.Number,
            limit,
        };
}
