using System.Data.Common;
using Interop.Ingestion.Preparing;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>Finds, by halves, the resources whose rows the database refuses, and marks them as failed. Writes nothing.</summary>
internal sealed class RefusedRows(Database database)
{
    private const string Savepoint = "probe";

    private sealed class ProbeEnded : Exception;

    /// <summary>How many were marked.</summary>
    public async Task<int> FindAsync(PreparedPage page, CancellationToken cancellationToken)
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
                    await ProbeAsync(session, page, candidates, refused, token);
                    throw new ProbeEnded(); // so that nothing of it is committed
                },
                cancellationToken);
        }
        catch (ProbeEnded)
        {
            foreach (var (resource, reason) in refused)
                resource.Failure = new Failure(DeadLetterStage.Load, $"the database refused it: {reason}");
        }

        return refused.Count;
    }

    private async Task ProbeAsync(
        DbSession session, PreparedPage page, List<PreparedResource> resources, Dictionary<PreparedResource, string> refused, CancellationToken token)
    {
        if (resources.Count == 0)
            return;
        await session.SavepointAsync(Savepoint, token);
        try
        {
            await WriteAsync(session, page, resources, token);
            await session.ReleaseAsync(Savepoint, token);
            return;
        }
        catch (Exception e) when (database.Classify(e) == FailureKind.DataRefused)
        {
            await session.RollbackToAsync(Savepoint, token);
            await session.ReleaseAsync(Savepoint, token);
            if (resources.Count == 1)
            {
                refused.Add(resources[0], Reason(e));
                return;
            }
        }

        var half = resources.Count / 2;
        await ProbeAsync(session, page, resources[..half], refused, token);
        await ProbeAsync(session, page, resources[half..], refused, token);
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

    // The server's own sentence without the statement or the values that it may quote in its details.
    public static string Reason(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is DbException)
                return inner.Message.Split('\n')[0];
        }

        return e.Message;
    }
}
