using System.Collections.Immutable;
using System.Text;
using Interop.Storage;

namespace Interop.Telemetry.Executions;

/// <summary>What the front end asks about executions.</summary>
internal static class ExecutionQueries
{
    private const int MaxBreakdowns = 1_000;

    private const string Counts =
        """
        COUNT(*) AS total_executions,
        COALESCE(SUM(CASE WHEN status = 'success' THEN 1 ELSE 0 END), 0) AS success_count,
        COALESCE(SUM(CASE WHEN status = 'success' THEN 0 ELSE 1 END), 0) AS failure_count,
        CAST(COALESCE(ROUND(AVG(duration_ms)), 0) AS bigint) AS average_duration_ms
        """;

    private sealed record Totals(long TotalExecutions, long SuccessCount, long FailureCount, long AverageDurationMs);

    public static async Task<ImmutableArray<PdExecution>> ListAsync(
        DbSession session, ExecutionFilter filter, int limit, CancellationToken cancellationToken) =>
    [
        .. await session.QueryAsync<PdExecution>(
            $"""
            SELECT execution_id, started_at, completed_at, duration_ms, status, request_count FROM pd_executions
            WHERE {Conditions(filter)} ORDER BY completed_at DESC, execution_id LIMIT @Limit
            """,
            new { filter.Since, filter.Until, filter.Status, filter.Organization, filter.Qhin, Limit = limit },
            cancellationToken),
    ];

    public static async Task<PdSummary> SummarizeAsync(DbSession session, ExecutionFilter filter, CancellationToken cancellationToken)
    {
        var totals = (await session.FirstAsync<Totals>($"SELECT {Counts} FROM pd_executions WHERE {Conditions(filter)}", filter, cancellationToken))!;
        return new PdSummary(
            totals.TotalExecutions,
            totals.SuccessCount,
            totals.FailureCount,
            totals.AverageDurationMs,
            await PercentileAsync(session, filter, totals.TotalExecutions, 50, cancellationToken),
            await PercentileAsync(session, filter, totals.TotalExecutions, 95, cancellationToken),
            await BreakDownAsync(session, filter, "organization", cancellationToken),
            await BreakDownAsync(session, filter, "qhin", cancellationToken));
    }

    /// <summary>The nearest-rank percentile: a duration that occurred, with at least so many percent at or below it.</summary>
    private static async Task<long?> PercentileAsync(
        DbSession session, ExecutionFilter filter, long total, int percent, CancellationToken cancellationToken) =>
        total == 0
            ? null
            : await session.ScalarAsync<long>(
                $"SELECT duration_ms FROM pd_executions WHERE {Conditions(filter)} ORDER BY duration_ms LIMIT 1 OFFSET @Skip",
                new { filter.Since, filter.Until, filter.Status, filter.Organization, filter.Qhin, Skip = (total * percent + 99) / 100 - 1 },
                cancellationToken);

    private static async Task<ImmutableArray<PdBreakdown>> BreakDownAsync(
        DbSession session, ExecutionFilter filter, string column, CancellationToken cancellationToken) =>
    [
        .. await session.QueryAsync<PdBreakdown>(
            $"SELECT {column} AS name, {Counts} FROM pd_executions WHERE {Conditions(filter)} GROUP BY {column} ORDER BY total_executions DESC, name LIMIT {MaxBreakdowns}",
            filter,
            cancellationToken),
    ];

    private static string Conditions(ExecutionFilter filter)
    {
        var conditions = new StringBuilder("1 = 1");
        void When(object? value, string condition)
        {
            if (value is not null)
                conditions.Append(" AND ").Append(condition);
        }

        When(filter.Since, "completed_at >= @Since");
        When(filter.Until, "completed_at <= @Until");
        When(filter.Status, "status = @Status");
        When(filter.Organization, "organization = @Organization");
        When(filter.Qhin, "qhin = @Qhin");
        return conditions.ToString();
    }
}
