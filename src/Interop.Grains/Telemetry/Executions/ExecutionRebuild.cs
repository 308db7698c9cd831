using System.Text;

namespace Interop.Telemetry.Executions;

/// <summary>Makes the executions anew from the stored events, a page at a time, while new events go on arriving.</summary>
internal sealed class ExecutionRebuild(TelemetryDatabase telemetry)
{
    private const int PageSize = 1_000;
    private const int MaxNamed = 100;

    private sealed record Source(long Id, string EventId, string RawPayload);

    /// <summary>Tells after each page how far it is; at least once.</summary>
    public async IAsyncEnumerable<MaterializeProgress> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, materialized, skipped) = (0L, 0L, 0L);
        var named = System.Collections.Immutable.ImmutableArray<SkippedEvent>.Empty;
        while (true)
        {
            var page = await telemetry.Database.ReadAsync((session, token) => session.QueryAsync<Source>(
                "SELECT id, event_id, raw_payload FROM telemetry_events WHERE lower(event_type) = 'pd.request.completed' AND id > @After ORDER BY id LIMIT @PageSize",
                new { After = after, PageSize },
                token), cancellationToken);
            var found = new Dictionary<string, (long, DerivedExecution)>(StringComparer.Ordinal);
            foreach (var source in page)
            {
                var (execution, problem) = ExecutionDerivation.Derive(Encoding.UTF8.GetBytes(source.RawPayload), source.EventId);
                if (execution is not null)
                {
                    found[execution.ExecutionId] = (source.Id, execution);
                    materialized++;
                }
                else
                {
                    skipped++;
                    if (named.Length < MaxNamed)
                        named = named.Add(new SkippedEvent(source.EventId, problem!));
                }
            }

            await telemetry.Database.WriteAsync((session, token) => ExecutionStore.WriteAsync(session, found.Values, token), cancellationToken);
            yield return new MaterializeProgress(materialized, skipped, named);
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Id;
        }
    }
}
