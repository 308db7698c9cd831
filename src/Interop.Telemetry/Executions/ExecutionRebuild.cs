using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Executions;

/// <summary>Makes the PD executions anew from the stored events, page by page, while new events continue to arrive.</summary>
internal sealed class ExecutionRebuild(TelemetryDatabase telemetry)
{
    private const int PageSize = 1_000;
    private const int MaxNamed = 100;

    /// <summary>Reports the progress after each page, at least once. A second rebuild changes nothing.</summary>
    public async IAsyncEnumerable<MaterializeProgress> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, materialized, skipped) = (0L, 0L, 0L);
        var named = ImmutableArray<SkippedEvent>.Empty;
        while (true)
        {
            var page = await telemetry.Database.ReadAsync(
                (session, token) => EventStore.ReadCompletedSearchesAsync(session, after, PageSize, token),
                cancellationToken
            );
            var found = new Dictionary<string, (long, DerivedExecution)>(StringComparer.Ordinal);
            foreach (var stored in page)
            {
                var (execution, problem) = ExecutionDerivation.Derive(Encoding.UTF8.GetBytes(stored.RawPayload), stored.EventId);
                if (execution is not null)
                {
                    found[execution.ExecutionId] = (stored.Id, execution);
                    materialized++;
                }
                else
                {
                    skipped++;
                    if (named.Length < MaxNamed)
                        named = named.Add(new SkippedEvent(stored.EventId, problem!));
                }
            }

            await telemetry.Database.WriteAsync(
                (session, token) => ExecutionStore.WriteAsync(session, found.Values, token),
                cancellationToken
            );
            yield return new MaterializeProgress(materialized, skipped, named);
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Id;
        }
    }
}
