using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>
/// Writes a page in one transaction: its resources, their rows, its dead letters, its counters and the run's cursor. Only the run's present
/// owner can commit it. A crash before the commit leaves nothing of the page, a crash after it leaves all of it.
/// </summary>
internal sealed class PageLoader(Database database, ViewCatalog catalog, TimeProvider time)
{
    /// <summary>Loads the page and returns the run as it is now; null when the page must be prepared again.</summary>
    /// <param name="warnings">All warnings of the run; of a partition only its own.</param>
    /// <exception cref="LeaseLostException">The run has another owner, or has ended.</exception>
    /// <exception cref="PagesLostException">The database has lost pages before this one.</exception>
    public async Task<RunRecord?> LoadAsync(
        RunRecord run,
        PreparedPage page,
        IReadOnlyList<string> warnings,
        double rate,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await WriteAsync(run, page, warnings, rate, mayInsertOnly: true, cancellationToken);
        }
        catch (Exception e) when (page.IsTakenAsNew && database.Classify(e) == FailureKind.DataRefused)
        {
            return null; // a resource is stored after all, or its data is refused
        }
        catch (Exception e) when (database.Classify(e) == FailureKind.DataRefused)
        {
            // Some rows made the database refuse the page: find them, make them dead letters, load the others.
            await new RefusedRows(database).FindAsync(page, cancellationToken);
            return await WriteAsync(run, page, warnings, rate, mayInsertOnly: false, cancellationToken);
        }
    }

    private Task<RunRecord?> WriteAsync(
        RunRecord run,
        PreparedPage page,
        IReadOnlyList<string> warnings,
        double rate,
        bool mayInsertOnly,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync<RunRecord?>(
            async (session, token) =>
            {
                if (await ViewStore.HoldAsync(session, token) != page.Views.Epoch)
                {
                    catalog.Forget();
                    return null;
                }

                // A page that only inserts reads nothing that another such page could change: the table's key tells both.
                var types = page.Resources.Select(r => r.ResourceType).Distinct();
                var isShared = page.IsTakenAsNew && page.Resources.TrueForAll(r => r.Failure is null);
                await ResourceStore.LockTypesAsync(session, run.Source, types, isShared, token);
                var keys = page.Resources.Select(r => (r.ResourceType, r.Id)).ToList();
                var stored = page.IsTakenAsNew ? [] : await ResourceStore.FindAsync(session, run.Source, keys, token);
                var letters = await DeadLetterStore.FindOpenAsync(session, run.Source, keys, token);
                if (LoadPlan.Make(run, page, stored, letters) is not { } plan || (page.IsTakenAsNew && !plan.WritesAreNew))
                    return null;

                // When no key is stored yet (the types are locked, or the key tells), a plain insert is enough and faster.
                var rule = plan.WritesAreNew && mayInsertOnly ? UpsertRule.Refuse : UpsertRule.Replace;
                await WriteResourcesAsync(session, run.Source, page, plan, rule, token);
                await WriteViewFailuresAsync(session, run, plan, token);
                await DeleteAsync(session, run, page.Views, plan, token);
                await WriteLettersAsync(session, run, plan, token);
                await CountSeenAsync(session, run.RunId, plan, token);
                var position = page.Incoming.Position;
                if (position.Part is { } part && !await RunPartStore.AdvanceAsync(session, run.RunId, part, token))
                    throw await RunPartStore.RefusalAsync(session, run, part, token);
                return position.Part is { Before: not null }
                    ? await AdvancePartitionAsync(session, run, position, plan.Counters, warnings, token)
                    : await RunStore.AdvanceAsync(session, run, position, plan.Counters, warnings, rate, token)
                        ?? throw await RunStore.RefusalAsync(session, run, token);
            },
            cancellationToken
        );

    /// <summary>Adds a page of a partition to the run, to which other workers add theirs.</summary>
    private static async Task<RunRecord> AdvancePartitionAsync(
        DbSession session,
        RunRecord run,
        PagePosition position,
        PageCounters counters,
        IReadOnlyList<string> warnings,
        CancellationToken cancellationToken
    )
    {
        List<string>? all = null;
        if (warnings.Count > 0)
        {
            // Keeps the other workers from adding theirs meanwhile.
            await RunStore.FenceAsync(session, run, cancellationToken);
            all = await RunStore.WarningsAsync(session, run.RunId, cancellationToken);
            all.AddRange(warnings.Except(all).Take(RunRecord.MaxWarnings - all.Count));
        }

        return await RunStore.AdvanceAsync(session, run, position, counters, all, resourcesPerSecond: null, cancellationToken)
            ?? throw new LeaseLostException(run.RunId);
    }

    private static async Task WriteResourcesAsync(
        DbSession session,
        string source,
        PreparedPage page,
        LoadPlan plan,
        UpsertRule rule,
        CancellationToken cancellationToken
    )
    {
        var all = plan.Writes.Count == page.ResourceRows.Count;
        await WriteRowsAsync(session, page.ResourceRows, all, plan.Writes.Select(r => r.ResourceRow), rule, cancellationToken);
        foreach (var table in page.Rows)
        {
            if (!table.Table.IsAlwaysOneRow && !plan.WritesAreNew)
            {
                var ids = plan.Writes.Where(r => r.ResourceType == table.Table.ResourceType).Select(r => r.Id!);
                await ViewTableStore.DeleteRowsAsync(session, table.Table, source, ids, cancellationToken);
            }

            var made = plan.Writes.SelectMany(r => r.Rows).Where(r => r.Table == table.Table).ToList();
            var rows = made.SelectMany(r => Enumerable.Range(r.First, r.Count));
            await WriteRowsAsync(session, table.Batch, all && made.Sum(r => r.Count) == table.Batch.Count, rows, rule, cancellationToken);
        }
    }

    /// <summary>
    /// Records which resources have no rows in a user's view. Rows of an older version of such a resource are deleted: they are no longer
    /// true.
    /// </summary>
    private async Task WriteViewFailuresAsync(DbSession session, RunRecord run, LoadPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.WritesAreNew)
        {
            foreach (var type in plan.Writes.GroupBy(r => r.ResourceType, r => r.Id!))
                await ViewFailureStore.ClearAsync(session, run.Source, type.Key, type, cancellationToken);
            foreach (
                var table in plan
                    .Writes.SelectMany(r => r.ViewFailures, (r, failure) => (failure.Table, r.Id))
                    .GroupBy(f => f.Table, f => f.Id!)
            )
                await ViewTableStore.DeleteRowsAsync(session, table.Key, run.Source, table, cancellationToken);
        }

        foreach (var resource in plan.Writes)
        {
            foreach (var (table, error) in resource.ViewFailures)
                await ViewFailureStore.InsertAsync(session, run, table, resource.Id!, error, time.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>Writes the whole batch, or a copy of the picked rows.</summary>
    private static async Task WriteRowsAsync(
        DbSession session,
        RowBatch batch,
        bool all,
        IEnumerable<int> rows,
        UpsertRule rule,
        CancellationToken cancellationToken
    )
    {
        if (all)
        {
            await session.BulkUpsertAsync(batch, rule, cancellationToken);
            return;
        }

        using var picked = new RowBatch(batch.Shape);
        foreach (var row in rows)
            picked.AppendRow(batch, row);
        await session.BulkUpsertAsync(picked, rule, cancellationToken);
    }

    private async Task DeleteAsync(DbSession session, RunRecord run, ViewSet views, LoadPlan plan, CancellationToken cancellationToken)
    {
        foreach (var type in plan.Deletions.GroupBy(r => r.ResourceType, r => r.Id!))
        {
            await ResourceStore.MarkDeletedAsync(session, run.Source, type.Key, type, run.RunId, time.GetUtcNow(), cancellationToken);
            await ViewFailureStore.ClearAsync(session, run.Source, type.Key, type, cancellationToken);
            foreach (var table in views.TablesOf(type.Key))
                await ViewTableStore.DeleteRowsAsync(session, table, run.Source, type, cancellationToken);
        }
    }

    private async Task WriteLettersAsync(DbSession session, RunRecord run, LoadPlan plan, CancellationToken cancellationToken)
    {
        await DeadLetterStore.ResolveAsync(session, run.RunId, plan.Superseded, "superseded", cancellationToken);
        await DeadLetterStore.ResolveAsync(session, run.RunId, plan.Replayed, "replayed", cancellationToken);
        foreach (var resource in plan.RenewedLetters)
            await DeadLetterStore.RenewAsync(session, resource.Incoming.LetterId!.Value, resource.Failure!, run.RunId, cancellationToken);
        foreach (var resource in plan.NewLetters)
            await DeadLetterStore.InsertAsync(session, run.RunId, run.Source, resource.Letter, time.GetUtcNow(), cancellationToken);
    }

    /// <summary>Counts the versions that are new to the run; the others are refetched, or their counted failure is taken back.</summary>
    private static async Task CountSeenAsync(DbSession session, long runId, LoadPlan plan, CancellationToken cancellationToken)
    {
        var seen = plan.Seen.Where(s => s.As != SeenAs.NotCounted).Select(s => (Version: VersionOf(s.Resource), s.As)).ToList();
        var recovered = plan.Recovered.Select(r => (Version: VersionOf(r.Resource), r.As)).ToList();
        var isNew = await RunSeenStore.InsertNewAsync(
            session,
            runId,
            [.. seen.Concat(recovered).Select(s => s.Version)],
            cancellationToken
        );
        foreach (var (version, seenAs) in seen)
        {
            if (isNew.Remove(version))
                plan.Counters.Count(seenAs);
            else
                plan.Counters.Refetched++;
        }

        foreach (var (version, seenAs) in recovered)
        {
            if (isNew.Remove(version))
                plan.Counters.CountWritten();
            else
                plan.Counters.Recover(seenAs);
        }
    }

    private static SeenVersion VersionOf(PreparedResource resource) => new(resource.ResourceType, resource.Id ?? "", resource.Key);
}
