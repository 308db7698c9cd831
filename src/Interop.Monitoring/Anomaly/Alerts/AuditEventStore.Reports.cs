using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The accesses of one agent.</summary>
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

    public sealed record AgentAccess(DateTimeOffset EventTime, string? Patient);
}
