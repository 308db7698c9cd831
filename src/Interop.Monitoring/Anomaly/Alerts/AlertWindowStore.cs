using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>alert_windows</c>: until when further HIGH alerts of an agent and class wait for one message.</summary>
public static class AlertWindowStore
{
    /// <summary>Opens a window.</summary>
    public static Task OpenAsync(
        DbSession session,
        string source,
        string agent,
        string reasonClass,
        DateTimeOffset endsAt,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO alert_windows (source, agent, reason_class, ends_at) VALUES (@source, @agent, @reasonClass, @endsAt)
            ON CONFLICT (source, agent, reason_class) DO UPDATE SET ends_at = excluded.ends_at
            """,
            new
            {
                source,
                agent,
                reasonClass,
                endsAt,
            },
            cancellationToken
        );

    /// <summary>Removes a source's windows that have ended.</summary>
    public static Task RemoveEndedAsync(DbSession session, string source, DateTimeOffset now, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "DELETE FROM alert_windows WHERE source = @source AND ends_at <= @now",
            new { source, now },
            cancellationToken
        );

    /// <summary>When the first window with waiting alerts ends; null: no alert waits for a window.</summary>
    public static Task<DateTimeOffset?> FirstEndAsync(DbSession session, string source, CancellationToken cancellationToken) =>
        session.FirstAsync<DateTimeOffset?>(
            $"""
            SELECT w.ends_at FROM alert_windows w JOIN alert_outbox o
                ON o.source = w.source AND o.agent = w.agent AND o.reason_class = w.reason_class
            WHERE w.source = @source AND o.channel = '{AlertOutboxStore.Webhook}' AND o.message IS NULL ORDER BY w.ends_at LIMIT 1
            """,
            new { source },
            cancellationToken
        );
}
