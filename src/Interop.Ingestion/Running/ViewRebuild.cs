using System.Text;
using System.Text.Json;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Running;

/// <summary>
/// Fills a view's new table from the stored raw JSON, in chunks. Each chunk is one transaction with its progress, so an interruption costs
/// one chunk at most. Ingestion writes the same table at the same time; both take the lock of the resources' source and type.
/// </summary>
internal sealed class ViewRebuild(Database database, ViewCatalog catalog, ViewChanges changes, TimeProvider time)
{
    private const int ResourcesPerChunk = 500;

    /// <summary>A stored resource with its rows in the chunk's batch.</summary>
    private sealed record Rebuilt(StoredJson Resource, int First, int Count)
    {
        /// <summary>Why it has no rows.</summary>
        public Failure? Failure { get; set; }
    }

    /// <summary>Fills the rest of the table and gives it the view's name; calls <paramref name="onLoaded"/> with the run after each
    /// chunk.</summary>
    /// <exception cref="LeaseLostException">The run has another owner, or the view another definition.</exception>
    public async Task ExecuteAsync(RunRecord run, Action<RunRecord> onLoaded, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var before = run.Fetched;
        var total =
            run.Total ?? await database.ReadAsync((session, token) => CountAsync(session, run.ResourceType, token), cancellationToken);
        while (true)
        {
            var rate = (run.Fetched - before) / Math.Max(time.GetElapsedTime(startedAt).TotalSeconds, 0.001);
            var chunk = await database.WriteAsync(
                (session, token) => FillAsync(session, run, total, Math.Round(rate, 1), token),
                cancellationToken
            );
            if (chunk is null)
                break;
            onLoaded(run = chunk);
        }

        await changes.SwapAsync(run, cancellationToken);
    }

    /// <summary>Fills the next chunk; null when there is none.</summary>
    private async Task<RunRecord?> FillAsync(DbSession session, RunRecord run, long total, double rate, CancellationToken cancellationToken)
    {
        await ViewStore.HoldAsync(session, cancellationToken);
        if (await ViewStore.FindByRunAsync(session, run.RunId, cancellationToken) is not { } view)
            return null; // swapped before an interruption
        var stored = await NextAsync(session, view, run.ResourceType, cancellationToken);
        if (stored.Count == 0)
            return null;

        var table = await NextTableAsync(view, cancellationToken);
        using var rows = new ViewRows(table);
        var chunk = stored.Select(s => Make(s, rows, cancellationToken)).ToList();
        await BisectingWriter.WriteAsync(
            database,
            session,
            [.. chunk.Where(r => r.Failure is null)],
            some => WriteAsync(session, rows.Batch, some, cancellationToken),
            (refused, reason) => refused.Failure = new Failure(DeadLetterStage.Load, $"{view.Name}: the database refused it: {reason}"),
            cancellationToken
        );
        var counters = await SettleAsync(session, run, table, chunk, cancellationToken);
        await ViewStore.AdvanceAsync(session, run.RunId, stored[^1].Source, stored[^1].ResourceId, cancellationToken);
        return await RunStore.AdvanceAsync(session, run, new PagePosition(Total: total), counters, [], rate, cancellationToken)
            ?? throw await RunStore.RefusalAsync(session, run, cancellationToken);
    }

    /// <summary>The next resources, all of one source, which is locked for the type; none when the table is full.</summary>
    private static async Task<IReadOnlyList<StoredJson>> NextAsync(
        DbSession session,
        ViewRecord view,
        string resourceType,
        CancellationToken cancellationToken
    )
    {
        var sources = await RunStore.SourcesAsync(session, cancellationToken);
        foreach (var source in sources.SkipWhile(s => view.NextSource is not null && s != view.NextSource))
        {
            await ResourceStore.LockTypesAsync(session, source, [resourceType], isShared: false, cancellationToken);
            var afterId = source == view.NextSource ? view.NextId ?? "" : "";
            if (
                await ResourceStore.ListAsync(session, source, resourceType, afterId, ResourcesPerChunk, cancellationToken) is
                { Count: > 0 } found
            )
                return found;
        }

        return [];
    }

    private async Task<ViewTable> NextTableAsync(ViewRecord view, CancellationToken cancellationToken) =>
        (await catalog.CurrentAsync(cancellationToken)).Find(view.Name)?.Next is { } next && next.Shape.Name == view.NextTable
            ? next
            : (await catalog.RefreshAsync(cancellationToken)).Find(view.Name)!.Next!;

    private static async Task<long> CountAsync(DbSession session, string resourceType, CancellationToken cancellationToken) =>
        await ResourceStore.CountAsync(session, await RunStore.SourcesAsync(session, cancellationToken), resourceType, cancellationToken);

    /// <summary>Makes a resource's rows, or notes why it has none.</summary>
    private Rebuilt Make(StoredJson stored, ViewRows rows, CancellationToken cancellationToken)
    {
        var raw = Encoding.UTF8.GetBytes(stored.Raw);
        using var document = JsonDocument.Parse(raw, new JsonDocumentOptions { MaxDepth = 128 });
        var first = rows.Batch.Count;
        try
        {
            return new Rebuilt(
                stored,
                first,
                rows.Append(
                    document.RootElement,
                    new RowOrigin(stored.Source, stored.ResourceId, stored.RunId, time.GetUtcNow(), raw),
                    cancellationToken
                )
            );
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            return new Rebuilt(stored, first, 0) { Failure = Failure.OfView(rows.Table.Name, e) };
        }
    }

    private static Task<int> WriteAsync(DbSession session, RowBatch rows, List<Rebuilt> chunk, CancellationToken cancellationToken)
    {
        var first = chunk[0].First; // their rows follow one another in the batch
        return session.BulkUpsertAsync(rows.Slice(first, chunk[^1].First + chunk[^1].Count - first), UpsertRule.Replace, cancellationToken);
    }

    /// <summary>
    /// Counts the chunk. A resource without rows becomes a dead letter of its own source, which a later version that loads resolves; when
    /// the view is a user's, it becomes a row of <c>view_failures</c>. Resolves the letters that an earlier definition of the view left.
    /// </summary>
    private async Task<PageCounters> SettleAsync(
        DbSession session,
        RunRecord run,
        ViewTable table,
        List<Rebuilt> chunk,
        CancellationToken cancellationToken
    )
    {
        var counters = new PageCounters();
        var source = chunk[0].Resource.Source;
        var letters = await DeadLetterStore.FindOpenAsync(
            session,
            source,
            chunk.Select(r => (r.Resource.ResourceType, (string?)r.Resource.ResourceId)),
            cancellationToken
        );
        var resolved = new List<long>();
        foreach (var rebuilt in chunk)
        {
            var stored = rebuilt.Resource;
            counters.Fetched++;
            counters.Validated++;
            if (rebuilt.Failure is not { } failure)
            {
                counters.Upserted++;
                resolved.AddRange(
                    letters[(stored.ResourceType, stored.ResourceId)]
                        .Where(l => l.VersionKey == KeyOf(stored) && l.IsOfView(run.ViewName!))
                        .Select(l => l.Id)
                );
                continue;
            }

            if (failure.Stage == DeadLetterStage.Transform)
                counters.TransformErrors++;
            else
                counters.LoadErrors++;
            if (table.IsUserDefined)
            {
                await ViewFailureStore.InsertAsync(
                    session,
                    run with
                    {
                        Source = source,
                    },
                    table,
                    stored.ResourceId,
                    failure.Error,
                    time.GetUtcNow(),
                    cancellationToken
                );
                continue;
            }

            var letter = new NewLetter(
                stored.ResourceType,
                stored.ResourceId,
                stored.Version,
                KeyOf(stored),
                failure,
                Encoding.UTF8.GetBytes(stored.Raw)
            );
            if (await DeadLetterStore.InsertAsync(session, run.RunId, source, letter, time.GetUtcNow(), cancellationToken))
                counters.DeadLetters++;
        }

        await DeadLetterStore.ResolveAsync(session, run.RunId, resolved, "rebuilt", cancellationToken);
        return counters;
    }

    private static string KeyOf(StoredJson stored) => StorableText.OfId(stored.Version.Key)!;
}
