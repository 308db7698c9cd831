using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The accesses of one patient or agent.</summary>
public static partial class AuditEventStore
{
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

    /// <summary>Accesses in the order of their instants, after (time, source, number).</summary>
    public static async Task<IReadOnlyList<Alert>> ListAccessesAsync(
        DbSession session,
        AccessFilter filter,
        IReadOnlyList<string> agents,
        DateTimeOffset? afterTime,
        string? afterSource,
        long afterNumber,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var since = filter.Since is null ? "" : "AND event_time >= @Since";
        var until = filter.Until is null ? "" : "AND event_time < @Until";
        var behind = afterTime is null ? "" : "AND (event_time, source, number) > (@afterTime, @afterSource, @afterNumber)";
        var condition = $"{since} {until} {behind}";
        var who = filter.Patient is not null ? "patient = @Patient" : session.IsAnyOf("agent", "@agents");
        var others = filter.Patient is null ? "" : $"UNION ALL {EventPatientStore.Keys("@Patient", condition)}";
        var rows = await session.QueryAsync<AlertRow>(
            $"""
            WITH found AS (
                SELECT event_time, source, number FROM audit_scores WHERE {who} {condition} {others}
                ORDER BY event_time, source, number LIMIT @limit
            )
            SELECT {AlertColumns} FROM found JOIN audit_scores e ON e.source = found.source AND e.number = found.number
                LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number
            ORDER BY e.event_time, e.source, e.number
            """,
            new
            {
                filter.Patient,
                agents = session.ArrayOf(agents),
                filter.Since,
                filter.Until,
                afterTime,
                afterSource,
                afterNumber,
                limit,
            },
            cancellationToken
        );
        // A report of one patient does not name others.
        return [.. rows.Select(r => filter.Patient is { } patient ? r.ToAlert() with { Patient = patient } : r.ToAlert())];
    }

    public sealed record AgentAccess(DateTimeOffset EventTime, string? Patient);
}
