using System.Text.Json;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>alert_feedback</c>: operators' judgements, apart from the evidence.</summary>
public static class FeedbackStore
{
    /// <summary>False: there is no such event.</summary>
    public static async Task<bool> PutAsync(
        DbSession session,
        string source,
        long number,
        string verdict,
        string? reason,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        await session.ExecuteAsync(
            """
            INSERT INTO alert_feedback (source, number, verdict, reason, created_at)
            SELECT source, number, @verdict, @reason, @now FROM audit_scores WHERE source = @source AND number = @number
            ON CONFLICT (source, number) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, created_at = excluded.created_at
            """,
            new
            {
                source,
                number,
                verdict,
                reason,
                now,
            },
            cancellationToken
        ) > 0;
}

/// <summary>The table <c>suppressions</c>.</summary>
public static class SuppressionStore
{
    private const string Columns = "id, agent, action, reason_class, until, created_at, suppressed";

    public static async Task<Suppression> AddAsync(
        DbSession session,
        string? agent,
        string? action,
        string? reasonClass,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        (
            await session.FirstAsync<Suppression>(
                $"INSERT INTO suppressions (agent, action, reason_class, until, created_at) VALUES (@agent, @action, @reasonClass, @until, @now) RETURNING {Columns}",
                new
                {
                    agent,
                    action,
                    reasonClass,
                    until,
                    now,
                },
                cancellationToken
            )
        )!;

    public static Task<IReadOnlyList<Suppression>> ListAsync(DbSession session, DateTimeOffset now, CancellationToken cancellationToken) =>
        session.QueryAsync<Suppression>(
            $"SELECT {Columns} FROM suppressions WHERE until > @now ORDER BY id",
            new { now },
            cancellationToken
        );

    public static Task CountAsync(DbSession session, long id, long count, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE suppressions SET suppressed = suppressed + @count WHERE id = @id",
            new { id, count },
            cancellationToken
        );
}

/// <summary>The table <c>watchlist</c>.</summary>
public static class WatchlistStore
{
    public static Task<IReadOnlyList<WatchedPatient>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<WatchedPatient>("SELECT patient, reason, added_at FROM watchlist ORDER BY patient", null, cancellationToken);

    public static Task PutAsync(
        DbSession session,
        string patient,
        string? reason,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO watchlist (patient, reason, added_at) VALUES (@patient, @reason, @now)
            ON CONFLICT (patient) DO UPDATE SET reason = excluded.reason
            """,
            new
            {
                patient,
                reason,
                now,
            },
            cancellationToken
        );

    public static async Task<bool> RemoveAsync(DbSession session, string patient, CancellationToken cancellationToken) =>
        await session.ExecuteAsync("DELETE FROM watchlist WHERE patient = @patient", new { patient }, cancellationToken) > 0;
}

/// <summary>The table <c>access_cases</c>.</summary>
public static class CaseStore
{
    private const string Columns = "id, source, agent, reason_class, status, assignee, opened_at, last_at, alerts, history";
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>
    /// Counts alerts into the open cases of their agents and classes. An alert more than 24 hours away from those of a case opens
    /// another.
    /// </summary>
    public static async Task AttachAsync(DbSession session, IEnumerable<NewAlert> alerts, CancellationToken cancellationToken)
    {
        foreach (var group in alerts.GroupBy(a => (a.Source, a.Agent, a.ReasonClass)))
        {
            var times = group.Select(a => a.Time).Order().ToList();
            for (int from = 0, to = 1; to <= times.Count; to++)
            {
                if (to < times.Count && times[to] - times[to - 1] <= Window)
                    continue;
                await AttachAsync(session, group.Key, times[from], times[to - 1], to - from, cancellationToken);
                from = to;
            }
        }
    }

    public static async Task<IReadOnlyList<AccessCase>> ListAsync(
        DbSession session,
        string? status,
        string? assignee,
        int limit,
        CancellationToken cancellationToken
    ) =>
        [
            .. (
                await session.QueryAsync<CaseRow>(
                    $"""
                    SELECT {Columns} FROM access_cases WHERE (@status IS NULL OR status = @status) AND (@assignee IS NULL OR assignee = @assignee)
                    ORDER BY last_at DESC, id DESC LIMIT @limit
                    """,
                    new
                    {
                        status,
                        assignee,
                        limit,
                    },
                    cancellationToken
                )
            ).Select(r => r.ToCase()),
        ];

    public static async Task<AccessCase?> FindAsync(DbSession session, long id, CancellationToken cancellationToken) =>
        (await session.FirstAsync<CaseRow>($"SELECT {Columns} FROM access_cases WHERE id = @id", new { id }, cancellationToken))?.ToCase();

    /// <summary>Changes a case and keeps what was changed in its history.</summary>
    public static async Task<AccessCase?> ChangeAsync(
        DbSession session,
        long id,
        string? status,
        string? assignee,
        string? note,
        string? by,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (await FindAsync(session, id, cancellationToken) is not { } found)
            return null;
        var history = JsonSerializer.Deserialize<List<JsonElement>>(found.History.Text)!;
        history.Add(
            JsonSerializer.SerializeToElement(
                new
                {
                    at = now,
                    by,
                    status,
                    assignee,
                    note,
                }
            )
        );
        await session.ExecuteAsync(
            "UPDATE access_cases SET status = @status, assignee = @assignee, history = @history WHERE id = @id",
            new
            {
                id,
                status = status ?? found.Status,
                assignee = assignee ?? found.Assignee,
                history = JsonSerializer.Serialize(history),
            },
            cancellationToken
        );
        return await FindAsync(session, id, cancellationToken);
    }

    private static async Task AttachAsync(
        DbSession session,
        (string Source, string Agent, string ReasonClass) of,
        DateTimeOffset first,
        DateTimeOffset last,
        int alerts,
        CancellationToken cancellationToken
    )
    {
        var args = new
        {
            source = of.Source,
            agent = of.Agent,
            reasonClass = of.ReasonClass,
            first,
            last,
            alerts,
            from = first - Window,
            until = last + Window,
        };
        var updated = await session.ExecuteAsync(
            """
            UPDATE access_cases SET alerts = alerts + @alerts, last_at = CASE WHEN last_at > @last THEN last_at ELSE @last END,
                opened_at = CASE WHEN opened_at < @first THEN opened_at ELSE @first END
            WHERE id = (SELECT id FROM access_cases WHERE source = @source AND agent = @agent AND reason_class = @reasonClass AND status = 'open'
                AND last_at >= @from AND opened_at <= @until ORDER BY last_at DESC LIMIT 1)
            """,
            args,
            cancellationToken
        );
        if (updated == 0)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO access_cases (source, agent, reason_class, status, opened_at, last_at, alerts, history)
                VALUES (@source, @agent, @reasonClass, 'open', @first, @last, @alerts, '[]')
                """,
                args,
                cancellationToken
            );
        }
    }

    private sealed record CaseRow(
        long Id,
        string Source,
        string Agent,
        string ReasonClass,
        string Status,
        string? Assignee,
        DateTimeOffset OpenedAt,
        DateTimeOffset LastAt,
        long Alerts,
        string History
    )
    {
        public AccessCase ToCase() =>
            new(Id, Source, Agent, ReasonClass, Status, Assignee, OpenedAt, LastAt, Alerts, new JsonText(History));
    }
}
