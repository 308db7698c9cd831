using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The lists of alerts.</summary>
public static partial class AuditEventStore
{
    /// <summary>The columns of <see cref="AlertRow"/>: <c>audit_scores</c> as e, <c>alert_feedback</c> as f.</summary>
    internal const string AlertColumns = """
        e.source, e.number, e.event_id, e.event_time, e.stored_at, e.agent, e.role, e.patient, e.kind, e.action, e.outcome, e.address, e.resource_type,
        e.purpose, e.care, e.care_text, e.share, e.score, e.severity, e.predicted_class, e.class_probs, e.reasons, e.model_version, e.suppressed, e.flags,
        f.verdict
        """;

    private const string FromAlerts = "FROM audit_scores e LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number";

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

    /// <summary>Alerts of a source by their numbers, in the order of the numbers that are given.</summary>
    public static async Task<IReadOnlyList<Alert>> ListByNumberAsync(
        DbSession session,
        string source,
        IReadOnlyList<long> numbers,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<AlertRow>(
            $"SELECT {AlertColumns} {FromAlerts} WHERE e.source = @source AND {session.IsAnyOf("e.number", "@numbers")}",
            new { source, numbers = session.ArrayOf(numbers) },
            cancellationToken
        );
        var found = rows.ToDictionary(r => r.Number);
        return [.. numbers.Select(found.GetValueOrDefault).OfType<AlertRow>().Select(r => r.ToAlert())];
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

    private sealed record EvidenceRow(byte[] Features, string Raw);
}
