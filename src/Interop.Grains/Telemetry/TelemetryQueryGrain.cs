using System.Collections.Immutable;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry;

/// <inheritdoc cref="ITelemetryQueryGrain"/>
[StatelessWorker]
internal sealed class TelemetryQueryGrain(TelemetryDatabase telemetry) : Grain, ITelemetryQueryGrain
{
    public Task<EventRange> FindEnd(EventFilter filter, long after, long? limit) =>
        telemetry.Database.ReadAsync((session, token) => EventQueries.FindEndAsync(session, filter, after, limit, token));

    public Task<EventPage> ReadEvents(EventFilter filter, EventRange range) =>
        telemetry.Database.ReadAsync((session, token) => EventQueries.ReadAsync(session, filter, range, token));

    public Task<ImmutableArray<PdExecution>> ListExecutions(ExecutionFilter filter, int limit) =>
        telemetry.Database.ReadAsync((session, token) => ExecutionQueries.ListAsync(session, filter, limit, token));

    public Task<PdSummary> SummarizeExecutions(ExecutionFilter filter) =>
        telemetry.Database.ReadAsync((session, token) => ExecutionQueries.SummarizeAsync(session, filter, token));
}
