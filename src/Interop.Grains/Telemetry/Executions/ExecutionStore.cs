using Interop.Storage;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Executions;

/// <summary>Writes the executions that events make.</summary>
internal static class ExecutionStore
{
    private static readonly UpsertRule LaterEventWins = UpsertRule.ReplaceWhere("excluded.\"telemetry_id\" >= \"old\".\"telemetry_id\"");

    /// <summary>Adds the executions of stored events, given with their row ids in rising order; what lacks something is counted.</summary>
    public static async Task WriteAsync(
        DbSession session, IEnumerable<(long Id, TelemetryEvent Event)> events, CancellationToken cancellationToken)
    {
        Dictionary<string, (long Id, DerivedExecution Execution)>? found = null;
        var skipped = 0;
        foreach (var (id, one) in events)
        {
            if (!ExecutionDerivation.Applies(one[EventField.EventType].Span))
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

    /// <summary>Adds the executions, no id twice.</summary>
    public static async Task WriteAsync(
        DbSession session, IReadOnlyCollection<(long Id, DerivedExecution Execution)> executions, CancellationToken cancellationToken)
    {
        using var rows = new RowBatch(EventTables.Executions);
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
}
