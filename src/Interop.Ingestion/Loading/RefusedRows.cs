using Interop.Ingestion.Preparing;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>Finds, by halves, the resources whose rows the database refuses, and marks them as failed. Writes nothing.</summary>
internal sealed class RefusedRows(Database database)
{
    private sealed class ProbeEnded : Exception;

    public async Task FindAsync(PreparedPage page, CancellationToken cancellationToken)
    {
        // Of one resource's versions in a page only the last is written, and a probe may not hold two rows of one key.
        var candidates = page.Resources.Where(r => r is { Failure: null, ResourceRow: >= 0 })
            .GroupBy(r => (r.ResourceType, r.Id)).SelectMany(g => g.TakeLast(1)).ToList();
        var refused = new Dictionary<PreparedResource, string>();
        try
        {
            await database.WriteAsync<bool>(
                async (session, token) =>
                {
                    refused.Clear();
                    await ByHalves.WriteAsync(database, session, candidates, some => WriteAsync(session, page, some, token), refused.Add, token);
                    throw new ProbeEnded(); // so that nothing of it is committed
                },
                cancellationToken);
        }
        catch (ProbeEnded)
        {
            foreach (var (resource, reason) in refused)
                resource.Failure = new Failure(DeadLetterStage.Load, $"the database refused it: {reason}");
        }
    }

    private static async Task WriteAsync(DbSession session, PreparedPage page, List<PreparedResource> resources, CancellationToken token)
    {
        using (var rows = new RowBatch(page.ResourceRows.Shape))
        {
            foreach (var resource in resources)
                rows.AppendRow(page.ResourceRows, resource.ResourceRow);
            await session.BulkUpsertAsync(rows, UpsertRule.Replace, token);
        }

        foreach (var table in page.Rows)
        {
            using var rows = new RowBatch(table.Table.Shape);
            foreach (var (_, first, count) in resources.SelectMany(r => r.Rows).Where(r => r.Table == table.Table))
            {
                for (var row = first; row < first + count; row++)
                    rows.AppendRow(table.Batch, row);
            }

            await session.BulkUpsertAsync(rows, UpsertRule.Replace, token);
        }
    }
}
