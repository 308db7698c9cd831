using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>Finds the resources whose rows the database refuses, and marks them as failed. It tries the rows in a transaction that it rolls
/// back.</summary>
internal sealed class RefusedRows(Database database)
{
    private sealed class ProbeEnded : Exception;

    /// <summary>
    /// A resource whose own row or rows of the platform's views are refused fails; a user's view whose rows are refused has no rows of the
    /// resource, which is loaded.
    /// </summary>
    public async Task FindAsync(PreparedPage page, CancellationToken cancellationToken)
    {
        // Only the last version of a resource in a page is written, and one statement cannot upsert two rows with one key.
        var candidates = page
            .Resources.Where(r => r is { Failure: null, ResourceRow: >= 0 })
            .GroupBy(r => (r.ResourceType, r.Id))
            .SelectMany(g => g.TakeLast(1))
            .ToList();
        var refused = new Dictionary<PreparedResource, string>();
        var refusedViews = new List<(PreparedResource Resource, ViewTable Table, string Reason)>();
        try
        {
            await database.WriteAsync<bool>(
                async (session, token) =>
                {
                    var suspects = await RefusedAsync(session, page, candidates, _ => true, token);
                    refused = await RefusedAsync(session, page, [.. suspects.Keys], table => !table.IsUserDefined, token);
                    refusedViews.Clear();
                    foreach (
                        var table in suspects
                            .Keys.Except(refused.Keys)
                            .SelectMany(r => r.Rows)
                            .Select(r => r.Table)
                            .Where(t => t.IsUserDefined)
                            .Distinct()
                    )
                    {
                        var others = suspects.Keys.Except(refused.Keys).ToList();
                        var ofTable = await RefusedAsync(session, page, others, t => t == table, token);
                        refusedViews.AddRange(ofTable.Select(r => (r.Key, table, r.Value)));
                    }

                    throw new ProbeEnded(); // so that nothing of it is committed
                },
                cancellationToken
            );
        }
        catch (ProbeEnded)
        {
            foreach (var (resource, reason) in refused)
                resource.Failure = Failure.OfDatabase(reason);
            foreach (var (resource, table, reason) in refusedViews)
            {
                resource.Rows.RemoveAll(r => r.Table == table);
                resource.ViewFailures.Add((table, $"{table.Name}: the database refused it: {reason}"));
            }
        }
    }

    /// <summary>Which of these resources the database refuses with their rows of these tables, and why.</summary>
    private async Task<Dictionary<PreparedResource, string>> RefusedAsync(
        DbSession session,
        PreparedPage page,
        List<PreparedResource> resources,
        Func<ViewTable, bool> tables,
        CancellationToken cancellationToken
    )
    {
        var refused = new Dictionary<PreparedResource, string>();
        await BisectingWriter.WriteAsync(
            database,
            session,
            resources,
            some => WriteAsync(session, page, some, tables, cancellationToken),
            refused.Add,
            cancellationToken
        );
        return refused;
    }

    private static async Task WriteAsync(
        DbSession session,
        PreparedPage page,
        List<PreparedResource> resources,
        Func<ViewTable, bool> tables,
        CancellationToken cancellationToken
    )
    {
        using (var rows = new RowBatch(page.ResourceRows.Shape))
        {
            foreach (var resource in resources)
                rows.AppendRow(page.ResourceRows, resource.ResourceRow);
            await session.BulkUpsertAsync(rows, UpsertRule.Replace, cancellationToken);
        }

        foreach (var table in page.Rows.Where(r => tables(r.Table)))
        {
            using var rows = new RowBatch(table.Table.Shape);
            foreach (var (_, first, count) in resources.SelectMany(r => r.Rows).Where(r => r.Table == table.Table))
            {
                for (var row = first; row < first + count; row++)
                    rows.AppendRow(table.Batch, row);
            }

            await session.BulkUpsertAsync(rows, UpsertRule.Replace, cancellationToken);
        }
    }
}
