using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>
/// Writes a page: its resources, their rows, its dead letters, its counters and the run's cursor, in one transaction that only the
/// run's present owner can commit. A crash before it leaves nothing of the page, a crash after it leaves all.
/// </summary>
internal sealed class PageLoader(Database database, ViewCatalog catalog, TimeProvider time)
{
    /// <summary>Loads the page and returns the run as it is now.</summary>
    /// <exception cref="LeaseLostException">The run has another owner, or has ended.</exception>
    /// <exception cref="PagesLostException">The database has forgotten pages before this one.</exception>
    /// <exception cref="StalePreparationException">The page must be prepared anew.</exception>
    public async Task<RunRecord> LoadAsync(RunRecord run, PreparedPage page, IReadOnlyList<string> warnings, double rate, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(run, page, warnings, rate, mayTakeKeysForNew: true, cancellationToken);
        }
        catch (Exception e) when (database.Classify(e) == FailureKind.DataRefused)
        {
            // Some row is the database's reason to refuse them all: find it, make it a dead letter, load the others.
            await new RefusedRows(database).FindAsync(page, cancellationToken);
            return await WriteAsync(run, page, warnings, rate, mayTakeKeysForNew: false, cancellationToken);
        }
    }

    private Task<RunRecord> WriteAsync(
        RunRecord run, PreparedPage page, IReadOnlyList<string> warnings, double rate, bool mayTakeKeysForNew, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                if (await ViewStore.HoldAsync(session, token) != page.Views.Epoch)
                {
                    catalog.Forget();
                    throw new StalePreparationException();
                }

                await LockTypesAsync(session, run.Source, page.Resources.Select(r => r.ResourceType).Distinct(), token);
                var stored = await StoredResources.FindAsync(session, run.Source, page.Resources, token);
                var letters = await OpenLetters.FindAsync(session, run.Source, page.Resources, token);
                var plan = LoadPlan.Make(run, page, stored, letters);

                // Where none of the keys is there already, and the types are locked, the rows need no look at what they might replace.
                var rule = plan.WritesAreNew && mayTakeKeysForNew ? UpsertRule.Refuse : UpsertRule.Replace;
                await WriteResourcesAsync(session, run.Source, page, plan, rule, token);
                await WriteViewFailuresAsync(session, run, plan, token);
                await DeleteAsync(session, run, page.Views, plan, token);
                await WriteLettersAsync(session, run, plan, token);
                await SeenMarks.CountNewAsync(session, run.RunId, plan, token);
                return await RunStore.AdvanceAsync(session, run, page.Incoming, plan.Delta, warnings, rate, token)
                    ?? throw await RunStore.RefusalAsync(session, run, token);
            },
            cancellationToken);

    /// <summary>
    /// One writer at a time for each type of a source, in one order, so that what was read stays true until the commit. Commits of pages
    /// need not wait for the disk: cursor and data go together, and the run's last commit, which does wait, makes all before it durable.
    /// </summary>
    public static async Task LockTypesAsync(DbSession session, string source, IEnumerable<string> resourceTypes, CancellationToken cancellationToken)
    {
        if (session.Dialect != SqlDialect.Postgres)
            return; // SQLite has one writer anyway
        var types = resourceTypes.Order(StringComparer.Ordinal).ToArray();
        await session.ExecuteAsync(
            """
            SELECT set_config('synchronous_commit', 'off', true);
            SELECT pg_advisory_xact_lock(hashtextextended(@source || '/' || type, 0)) FROM unnest(@types) AS t(type);
            """,
            new { source, types },
            cancellationToken);
    }

    private static async Task WriteResourcesAsync(
        DbSession session, string source, PreparedPage page, LoadPlan plan, UpsertRule rule, CancellationToken cancellationToken)
    {
        var all = plan.Writes.Count == page.ResourceRows.Count;
        await Pick(page.ResourceRows, all, plan.Writes.Select(r => r.ResourceRow), rows => session.BulkUpsertAsync(rows, rule, cancellationToken));
        foreach (var table in page.Rows)
        {
            if (!table.Table.IsAlwaysOneRow && !plan.WritesAreNew)
                await RemoveRowsAsync(session, source, table.Table, plan.Writes.Where(r => r.ResourceType == table.Table.ResourceType), cancellationToken);
            var made = plan.Writes.SelectMany(r => r.Rows).Where(r => r.Table == table.Table).ToList();
            var rows = made.SelectMany(r => Enumerable.Range(r.First, r.Count));
            await Pick(table.Batch, all && made.Sum(r => r.Count) == table.Batch.Count, rows, picked => session.BulkUpsertAsync(picked, rule, cancellationToken));
        }
    }

    /// <summary>What users' views have no rows of. Rows of an older version of such a resource are removed: they are not true any more.</summary>
    private async Task WriteViewFailuresAsync(DbSession session, RunRecord run, LoadPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.WritesAreNew)
        {
            foreach (var type in plan.Writes.GroupBy(r => r.ResourceType))
                await ViewFailureStore.ClearAsync(session, run.Source, type.Key, type.Select(r => r.Id!), cancellationToken);
            foreach (var table in plan.Writes.SelectMany(r => r.ViewFailures, (resource, failure) => (resource, failure.Table)).GroupBy(f => f.Table))
                await RemoveRowsAsync(session, run.Source, table.Key, table.Select(f => f.resource), cancellationToken);
        }

        foreach (var resource in plan.Writes)
        {
            foreach (var (table, error) in resource.ViewFailures)
                await ViewFailureStore.InsertAsync(session, run, table, resource.Id!, error, time.GetUtcNow(), cancellationToken);
        }
    }

    private static Task<int> RemoveRowsAsync(
        DbSession session, string source, ViewTable table, IEnumerable<PreparedResource> resources, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"DELETE FROM {TableSql.Quote(table.Shape.Name)} WHERE source = @source AND {session.IsAnyOf("id", "@ids")}",
            new { source, ids = session.ArrayOf(resources.Select(r => r.Id!)) },
            cancellationToken);

    /// <summary>The batch itself where all of it is wanted, else a copy of the wanted rows.</summary>
    private static async Task Pick(RowBatch batch, bool all, IEnumerable<int> rows, Func<RowBatch, Task<int>> write)
    {
        if (all)
        {
            await write(batch);
            return;
        }

        using var picked = new RowBatch(batch.Shape);
        foreach (var row in rows)
            picked.AppendRow(batch, row);
        await write(picked);
    }

    private async Task DeleteAsync(DbSession session, RunRecord run, ViewSet views, LoadPlan plan, CancellationToken cancellationToken)
    {
        foreach (var type in plan.Deletions.GroupBy(r => r.ResourceType))
        {
            var args = new { source = run.Source, type = type.Key, ids = session.ArrayOf(type.Select(r => r.Id!)), now = time.GetUtcNow(), runId = run.RunId };
            await session.ExecuteAsync(
                $"""
                UPDATE resources SET deleted_at = @now, run_id = @runId
                WHERE source = @source AND resource_type = @type AND {session.IsAnyOf("resource_id", "@ids")}
                """,
                args,
                cancellationToken);
            await ViewFailureStore.ClearAsync(session, run.Source, type.Key, type.Select(r => r.Id!), cancellationToken);
            foreach (var table in views.TablesOf(type.Key))
                await RemoveRowsAsync(session, run.Source, table, type, cancellationToken);
        }
    }

    private async Task WriteLettersAsync(DbSession session, RunRecord run, LoadPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Superseded.Count > 0)
            await OpenLetters.ResolveAsync(session, run, plan.Superseded, "superseded", cancellationToken);
        if (plan.Replayed.Count > 0)
            await OpenLetters.ResolveAsync(session, run, plan.Replayed, "replayed", cancellationToken);
        foreach (var resource in plan.RenewedLetters)
            await OpenLetters.RenewAsync(session, run, resource, cancellationToken);
        foreach (var resource in plan.NewLetters)
            await OpenLetters.InsertAsync(session, run, resource, time.GetUtcNow(), cancellationToken);
    }
}
