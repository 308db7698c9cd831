using System.Collections.Immutable;
using Interop.Storage;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Executions;

/// <summary>The table <c>pd_executions</c>.</summary>
internal static class ExecutionStore
{
    private const int MaxBreakdowns = 1_000;

    private const string Counts = """
        COUNT(*) AS total_executions,
        COALESCE(SUM(CASE WHEN status = 'success' THEN 1 ELSE 0 END), 0) AS success_count,
        COALESCE(SUM(CASE WHEN status = 'success' THEN 0 ELSE 1 END), 0) AS failure_count,
        CAST(COALESCE(ROUND(AVG(duration_ms)), 0) AS bigint) AS average_duration_ms
        """;

    private static readonly UpsertRule LaterEventWins = UpsertRule.ReplaceWhere("excluded.\"telemetry_id\" >= \"old\".\"telemetry_id\"");

    private static readonly TableShape Table = new(
        "pd_executions",
        [
            new("execution_id", ColumnType.Text),
            new("started_at", ColumnType.Timestamp),
            new("completed_at", ColumnType.Timestamp),
            new("duration_ms", ColumnType.Integer),
            new("status", ColumnType.Text),
            new("request_count", ColumnType.Integer),
            new("organization", ColumnType.Text),
            new("qhin", ColumnType.Text),
            new("telemetry_id", ColumnType.Integer),
        ],
        ["execution_id"]
    );

    private sealed record Totals(long TotalExecutions, long SuccessCount, long FailureCount, long AverageDurationMs);

    /// <summary>Adds the executions of stored events, which are given with increasing row ids. Events that lack a value are
    /// counted.</summary>
    public static async Task WriteAsync(
        DbSession session,
        IEnumerable<(long Id, TelemetryEvent Event)> events,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, (long Id, DerivedExecution Execution)>? found = null;
        var skipped = 0;
        foreach (var (id, one) in events)
        {
            if (!ExecutionDerivation.Applies(one[EventColumns.EventType].Span))
                continue;
            var (execution, _) = ExecutionDerivation.Derive(one.Raw, one.EventId);
            if (execution is null)
                skipped++;
            else
                (found ??= new(StringComparer.Ordinal))[execution.ExecutionId] = (id, execution);
        }

        TelemetryMetrics.ExecutionsSkipped(skipped);
        if (found is not null)
            await WriteAsync(session, found.Values, cancellationToken);
    }

    /// <summary>Adds executions with distinct ids. A later event of an execution replaces an earlier one.</summary>
    public static async Task WriteAsync(
        DbSession session,
        IReadOnlyCollection<(long Id, DerivedExecution Execution)> executions,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(Table);
        foreach (var (id, execution) in executions)
        {
            rows.BeginRow();
            rows.WriteText(execution.ExecutionId);
            rows.WriteTimestamp(execution.StartedAt);
            rows.WriteTimestamp(execution.CompletedAt);
            rows.WriteInteger(execution.DurationMs);
            rows.WriteText(execution.Status);
            rows.WriteInteger(execution.RequestCount);
            rows.WriteText(execution.Organization);
            rows.WriteText(execution.Qhin);
            rows.WriteInteger(id);
        }

        await session.BulkUpsertAsync(rows, LaterEventWins, cancellationToken);
    }

    /// <summary>The next executions, the latest completed first.</summary>
    public static async Task<ImmutableArray<PdExecution>> ReadAsync(
        DbSession session,
        ExecutionFilter filter,
        ExecutionPosition? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        [
            .. await session.QueryAsync<PdExecution>(
                $"""
                SELECT execution_id, started_at, completed_at, duration_ms, status, request_count FROM pd_executions
                WHERE {Conditions(filter)}{(
                    after is null
                        ? ""
                        : " AND completed_at <= @CompletedAt AND (completed_at < @CompletedAt OR execution_id > @ExecutionId)"
                )}
                ORDER BY completed_at DESC, execution_id LIMIT @Limit
                """,
                new
                {
                    filter.Since,
                    filter.Until,
                    filter.Status,
                    filter.Organization,
                    filter.Qhin,
                    after?.CompletedAt,
                    after?.ExecutionId,
                    Limit = limit,
                },
                cancellationToken
            ),
        ];

    public static async Task<PdSummary> SummarizeAsync(DbSession session, ExecutionFilter filter, CancellationToken cancellationToken)
    {
        var totals = (
            await session.FirstAsync<Totals>($"SELECT {Counts} FROM pd_executions WHERE {Conditions(filter)}", filter, cancellationToken)
        )!;
        return new PdSummary(
            totals.TotalExecutions,
            totals.SuccessCount,
            totals.FailureCount,
            totals.AverageDurationMs,
            await PercentileAsync(session, filter, totals.TotalExecutions, 50, cancellationToken),
            await PercentileAsync(session, filter, totals.TotalExecutions, 95, cancellationToken),
            await BreakDownAsync(session, filter, "organization", cancellationToken),
            await BreakDownAsync(session, filter, "qhin", cancellationToken)
        );
    }

    /// <summary>The nearest-rank percentile: the smallest stored duration that at least so many percent do not exceed.</summary>
    private static async Task<long?> PercentileAsync(
        DbSession session,
        ExecutionFilter filter,
        long total,
        int percent,
        CancellationToken cancellationToken
    ) =>
        total == 0
            ? null
            : await session.ScalarAsync<long>(
                $"SELECT duration_ms FROM pd_executions WHERE {Conditions(filter)} ORDER BY duration_ms LIMIT 1 OFFSET @Skip",
                new
                {
                    filter.Since,
                    filter.Until,
                    filter.Status,
                    filter.Organization,
                    filter.Qhin,
                    Skip = (total * percent + 99) / 100 - 1,
                },
                cancellationToken
            );

    private static async Task<ImmutableArray<PdBreakdown>> BreakDownAsync(
        DbSession session,
        ExecutionFilter filter,
        string column,
        CancellationToken cancellationToken
    ) =>
        [
            .. await session.QueryAsync<PdBreakdown>(
                $"SELECT {column} AS name, {Counts} FROM pd_executions WHERE {Conditions(filter)} GROUP BY {column} ORDER BY total_executions DESC, name LIMIT {MaxBreakdowns}",
                filter,
                cancellationToken
            ),
        ];

    private static string Conditions(ExecutionFilter filter) =>
        SqlConditions.All(
            (filter.Since, "completed_at >= @Since"),
            (filter.Until, "completed_at <= @Until"),
            (filter.Status, "status = @Status"),
            (filter.Organization, "organization = @Organization"),
            (filter.Qhin, "qhin = @Qhin")
        );
}
