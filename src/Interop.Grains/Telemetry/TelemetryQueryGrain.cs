using System.Collections.Immutable;
using Interop.Telemetry.Events;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry;

/// <inheritdoc cref="ITelemetryQueryGrain"/>
[StatelessWorker]
internal sealed class TelemetryQueryGrain(TelemetryDatabase telemetry) : Grain, ITelemetryQueryGrain
{
    private const int MaxPage = 1_000;
    private const int MaxList = 200;

    public Task<EventRange> FindEnd(EventFilter filter, long after, long? limit) =>
        telemetry.Database.ReadAsync((session, token) => EventStore.FindEndAsync(session, filter, after, limit, token));

    public Task<EventPage> ReadEvents(EventFilter filter, EventRange range) =>
        telemetry.Database.ReadAsync((session, token) => EventStore.ReadAsync(session, filter, range, token));

    public async Task<ImmutableArray<EventListItem>> ListNewest(EventFilter filter, long? before, int limit) =>
        [
            .. await telemetry.Database.ReadAsync(
                (session, token) => EventStore.ListNewestAsync(session, filter, before, Math.Clamp(limit, 1, MaxList), token)
            ),
        ];

    public async Task<ImmutableArray<MinuteCount>> CountByMinute(DateTimeOffset since) =>
        [.. await telemetry.Database.ReadAsync((session, token) => EventStore.CountByMinuteAsync(session, since, token))];

    public Task<ImmutableArray<PdExecution>> ReadExecutions(ExecutionFilter filter, ExecutionPosition? after, int limit) =>
        telemetry.Database.ReadAsync(
            (session, token) => ExecutionStore.ReadAsync(session, filter, after, Math.Clamp(limit, 1, MaxPage), token)
        );

    public Task<PdSummary> SummarizeExecutions(ExecutionFilter filter) =>
        telemetry.Database.ReadAsync((session, token) => ExecutionStore.SummarizeAsync(session, filter, token));
}
