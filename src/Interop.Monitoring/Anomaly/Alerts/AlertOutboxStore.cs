using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>alert_outbox</c>: alerts that the log file or the webhook has not received yet.</summary>
public static class AlertOutboxStore
{
    /// <summary>The channel of the log file.</summary>
    public const string Log = "log";

    /// <summary>The channel of the webhook.</summary>
    public const string Webhook = "webhook";

    private static readonly TableShape Shape = new(
        "alert_outbox",
        [
            new("source", ColumnType.Text),
            new("channel", ColumnType.Text),
            new("number", ColumnType.Integer),
            new("agent", ColumnType.Text),
            new("reason_class", ColumnType.Text),
            new("created_at", ColumnType.Timestamp),
        ],
        ["source", "channel", "number"]
    );

    /// <summary>Adds new alerts to a channel, in the transaction that stores them.</summary>
    public static async Task AddAsync(
        DbSession session,
        string channel,
        IEnumerable<NewAlert> alerts,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(Shape);
        foreach (var alert in alerts)
        {
            rows.BeginRow();
            rows.WriteText(alert.Source);
            rows.WriteText(channel);
            rows.WriteInteger(alert.Number);
            rows.WriteText(alert.Agent);
            rows.WriteText(alert.ReasonClass);
            rows.WriteTimestamp(now);
        }

        await session.BulkUpsertAsync(rows, UpsertRule.Refuse, cancellationToken);
    }

    /// <summary>The sources with alerts that wait for their delivery.</summary>
    public static Task<IReadOnlyList<string>> ListSourcesAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<string>("SELECT DISTINCT source FROM alert_outbox ORDER BY source", null, cancellationToken);

    /// <summary>The first waiting alerts of a channel.</summary>
    public static Task<IReadOnlyList<WaitingAlert>> ListAsync(
        DbSession session,
        string source,
        string channel,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<WaitingAlert>(
            """
            SELECT number, agent, reason_class, created_at FROM alert_outbox
            WHERE source = @source AND channel = @channel ORDER BY number LIMIT @limit
            """,
            new
            {
                source,
                channel,
                limit,
            },
            cancellationToken
        );

    /// <summary>The alerts for the webhook that belong to no message yet and whose window is not open.</summary>
    public static Task<IReadOnlyList<DueAlert>> ListDueAsync(
        DbSession session,
        string source,
        DateTimeOffset now,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<DueAlert>(
            $"""
            SELECT o.number, o.agent, o.reason_class, o.created_at, w.ends_at AS window_end FROM alert_outbox o
                LEFT JOIN alert_windows w ON w.source = o.source AND w.agent = o.agent AND w.reason_class = o.reason_class
            WHERE o.source = @source AND o.channel = '{Webhook}' AND o.message IS NULL AND (w.ends_at IS NULL OR w.ends_at <= @now)
            ORDER BY o.number LIMIT @limit
            """,
            new
            {
                source,
                now,
                limit,
            },
            cancellationToken
        );

    /// <summary>Makes alerts one message. From then on the message keeps its alerts, and so each attempt sends the same.</summary>
    public static Task SetMessageAsync(
        DbSession session,
        string source,
        IReadOnlyList<long> numbers,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"""
            UPDATE alert_outbox SET message = @message
            WHERE source = @source AND channel = '{Webhook}' AND message IS NULL AND {session.IsAnyOf("number", "@numbers")}
            """,
            new
            {
                source,
                message = numbers[0],
                numbers = session.ArrayOf(numbers),
            },
            cancellationToken
        );

    /// <summary>The messages that wait for their delivery, in the order of their first alerts.</summary>
    public static Task<IReadOnlyList<AlertMessage>> ListMessagesAsync(
        DbSession session,
        string source,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<AlertMessage>(
            $"""
            SELECT message AS number, agent, reason_class, COUNT(*) AS alerts, MIN(created_at) AS created_at FROM alert_outbox
            WHERE source = @source AND channel = '{Webhook}' AND message IS NOT NULL GROUP BY message, agent, reason_class ORDER BY message
            """,
            new { source },
            cancellationToken
        );

    /// <summary>The numbers of the first alerts of a message.</summary>
    public static Task<IReadOnlyList<long>> ListOfMessageAsync(
        DbSession session,
        string source,
        long message,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<long>(
            $"""
            SELECT number FROM alert_outbox WHERE source = @source AND channel = '{Webhook}' AND message = @message
            ORDER BY number LIMIT @limit
            """,
            new
            {
                source,
                message,
                limit,
            },
            cancellationToken
        );

    /// <summary>Removes alerts that a channel has received.</summary>
    public static Task RemoveAsync(
        DbSession session,
        string source,
        string channel,
        IEnumerable<long> numbers,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"DELETE FROM alert_outbox WHERE source = @source AND channel = @channel AND {session.IsAnyOf("number", "@numbers")}",
            new
            {
                source,
                channel,
                numbers = session.ArrayOf(numbers),
            },
            cancellationToken
        );

    /// <summary>Removes the alerts of a message that the webhook has received.</summary>
    public static Task RemoveMessageAsync(DbSession session, string source, long message, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"DELETE FROM alert_outbox WHERE source = @source AND channel = '{Webhook}' AND message = @message",
            new { source, message },
            cancellationToken
        );
}

/// <summary>An alert in the outbox.</summary>
public sealed record WaitingAlert(long Number, string Agent, string ReasonClass, DateTimeOffset CreatedAt);

/// <summary>An alert that can become part of a message now.</summary>
/// <param name="WindowEnd">When the window of its agent and class ended; null: there is none.</param>
public sealed record DueAlert(long Number, string Agent, string ReasonClass, DateTimeOffset CreatedAt, DateTimeOffset? WindowEnd)
{
    /// <summary>The window was open when the alert was stored, so the alert waits for the window's end.</summary>
    public bool WaitedForWindow => CreatedAt <= WindowEnd;
}

/// <summary>A message for the webhook.</summary>
/// <param name="Number">The number of its first alert, which names the message.</param>
/// <param name="Alerts">How many alerts it has.</param>
public sealed record AlertMessage(long Number, string Agent, string ReasonClass, long Alerts, DateTimeOffset CreatedAt);
