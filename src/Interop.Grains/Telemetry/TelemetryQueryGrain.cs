using System.Collections.Immutable;
using Interop.Telemetry.Events;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry;

/// <inheritdoc cref="ITelemetryQueryGrain"/>
[StatelessWorker]
internal sealed class TelemetryQueryGrain(TelemetryDatabase telemetry) : Grain, ITelemetryQueryGrain
{
    public Task<EventRange> FindEnd(EventFilter filter, long after, long? limit) =>
        telemetry.Database.ReadAsync((session, token) => EventStore.FindEndAsync(session, filter, after, limit, token));

    public Task<EventPage> ReadEvents(EventFilter filter, EventRange range) =>
        telemetry.Database.ReadAsync((session, token) => EventStore.ReadAsync(session, filter, range, token));

    public Task<ImmutableArray<PdExecution>> ListExecutions(ExecutionFilter filter, int limit) =>
        telemetry.Database.ReadAsync((session, token) => ExecutionStore.ListAsync(session, filter, limit, token));

    public Task<PdSummary> SummarizeExecutions(ExecutionFilter filter) =>
        telemetry.Database.ReadAsync((session, token) => ExecutionStore.SummarizeAsync(session, filter, token));
}
