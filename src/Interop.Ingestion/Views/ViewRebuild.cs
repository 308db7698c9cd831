using System.Text;
using System.Text.Json;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>
/// Fills a view's new table from the stored raw JSON, chunk by chunk, each one transaction with its progress: a crash costs a chunk at
/// most. Ingestion goes on meanwhile and writes the same table; both take the lock of the resources' source and type.
/// </summary>
internal sealed class ViewRebuild(Database database, ViewCatalog catalog, ViewChanges changes, TimeProvider time)
{
    private const int ResourcesPerChunk = 500;

    private sealed record StoredRow(string ResourceId, string? VersionId, long? LastUpdatedTicks, string ContentHash, long RunId, string Raw);

    /// <summary>Fills what is left to fill and gives the table the view's name; returns the run as its last chunk left it.</summary>
    /// <exception cref="LeaseLostException">The run has another owner, or the view another definition.</exception>
    public async Task<RunRecord> ExecuteAsync(RunRecord run, Action<RunRecord> onProgress, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var before = run.Fetched;
        var total = run.Total ?? await database.ReadAsync((session, token) => CountAsync(session, run.ResourceType, token), cancellationToken);
        while (true)
        {
            var rate = (run.Fetched - before) / Math.Max(time.GetElapsedTime(startedAt).TotalSeconds, 0.001);
            var chunk = await database.WriteAsync((session, token) => FillAsync(session, run, total, Math.Round(rate, 1), token), cancellationToken);
            if (chunk is null)
                break;
            onProgress(run = chunk);
        }

        await changes.SwapAsync(run, cancellationToken);
        return run;
    }

    /// <summary>The next chunk; null when there is none.</summary>
    private async Task<RunRecord?> FillAsync(DbSession session, RunRecord run, long total, double rate, CancellationToken cancellationToken)
    {
        await ViewStore.HoldAsync(session, cancellationToken);
        if (await ViewStore.FindByRunAsync(session, run.RunId, cancellationToken) is not { } view)
            return null; // swapped before a crash
        var (source, after) = (view.NextSource ?? "", view.NextId ?? "");
        var rows = source.Length == 0 ? [] : await ReadAsync(session, source, run.ResourceType, after, cancellationToken);
        while (rows.Count == 0)
        {
            source = await session.ScalarAsync<string>("SELECT MIN(source) FROM ingestion_runs WHERE source > @source AND view_name IS NULL", new { source }, cancellationToken);
            if (source is null)
                return null;
            rows = await ReadAsync(session, source, run.ResourceType, "", cancellationToken);
        }

        var delta = new RunDelta();
        var resources = new List<(PreparedResource Resource, int First, int Count)>();
        var current = await catalog.CurrentAsync(cancellationToken);
        var table = current.Find(view.Name)?.Next is { } next && next.Shape.Name == view.NextTable
            ? next
            : (await catalog.RefreshAsync(cancellationToken)).Find(view.Name)!.Next!;
        using var made = new ViewRows(table);
        foreach (var row in rows)
            resources.Add(Make(run, source, row, made));
        await ByHalves.WriteAsync(
            database,
            session,
            [.. resources.Where(r => r.Resource.Failure is null)],
            some => WriteAsync(session, made.Batch, some, cancellationToken),
            (refused, reason) => refused.Resource.Failure = new Failure(DeadLetterStage.Load, $"{view.Name}: the database refused it: {reason}"),
            cancellationToken);
        await SettleAsync(session, run with { Source = source }, table, [.. resources.Select(r => r.Resource)], delta, cancellationToken);
        await ViewStore.AdvanceAsync(session, run.RunId, source, rows[^1].ResourceId, cancellationToken);
        return await RunStore.AdvanceAsync(session, run, new IncomingPage([]) { Total = total }, delta, [], rate, cancellationToken)
            ?? throw await RunStore.RefusalAsync(session, run, cancellationToken);
    }

    /// <summary>Makes a resource's rows, or marks it as failed.</summary>
    private (PreparedResource Resource, int First, int Count) Make(RunRecord run, string source, StoredRow row, ViewRows rows)
    {
        var raw = Encoding.UTF8.GetBytes(row.Raw);
        using var document = JsonDocument.Parse(raw, new JsonDocumentOptions { MaxDepth = 128 });
        var version = new ResourceVersion(row.VersionId, row.LastUpdatedTicks, row.ContentHash);
        var resource = new PreparedResource(new IncomingResource(raw, default, EntryKind.Match), run.ResourceType, row.ResourceId, version);
        var first = rows.Batch.Count;
        try
        {
            return (resource, first, rows.Append(document.RootElement, new RowOrigin(source, row.ResourceId, row.RunId, time.GetUtcNow(), raw)));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            resource.Failure = Failure.OfView(rows.Table.Name, e);
            return (resource, first, 0);
        }
    }

    private static Task<int> WriteAsync(DbSession session, RowBatch rows, List<(PreparedResource Resource, int First, int Count)> resources, CancellationToken token)
    {
        var first = resources[0].First; // they lie one after another
        return session.BulkUpsertAsync(rows.Slice(first, resources[^1].First + resources[^1].Count - first), UpsertRule.Replace, token);
    }

    /// <summary>
    /// Counts. A resource without rows becomes a dead letter of its own source, which a version that loads resolves, or, where the view is a
    /// user's, an entry of <c>view_failures</c>. Letters that an earlier definition of the view left of the other resources are resolved.
    /// </summary>
    private async Task SettleAsync(
        DbSession session, RunRecord run, ViewTable table, List<PreparedResource> resources, RunDelta delta, CancellationToken cancellationToken)
    {
        var letters = await OpenLetters.FindAsync(session, run.Source, resources, cancellationToken);
        var settled = new List<long>();
        foreach (var resource in resources)
        {
            delta.Fetched++;
            delta.Validated++;
            if (resource.Failure is null)
            {
                delta.Upserted++;
                settled.AddRange(letters[(resource.ResourceType, resource.Id!)]
                    .Where(l => l.VersionKey == resource.Key && l.IsOfView(run.ViewName!)).Select(l => l.Id));
                continue;
            }

            if (resource.Failure.Stage == DeadLetterStage.Transform)
                delta.TransformErrors++;
            else
                delta.LoadErrors++;
            if (table.IsUserDefined)
                await ViewFailureStore.InsertAsync(session, run, table, resource.Id!, resource.Failure.Error, time.GetUtcNow(), cancellationToken);
            else if (await OpenLetters.InsertAsync(session, run, resource, time.GetUtcNow(), cancellationToken))
                delta.DeadLetters++;
        }

        if (settled.Count > 0)
            await OpenLetters.ResolveAsync(session, run, settled, "rebuilt", cancellationToken);
    }

    private static async Task<IReadOnlyList<StoredRow>> ReadAsync(
        DbSession session, string source, string resourceType, string after, CancellationToken cancellationToken)
    {
        await PageLoader.LockTypesAsync(session, source, [resourceType], cancellationToken);
        return await session.QueryAsync<StoredRow>(
            """
            SELECT resource_id, version_id, last_updated_ticks, content_hash, run_id, raw FROM resources
            WHERE source = @source AND resource_type = @resourceType AND resource_id > @after AND deleted_at IS NULL
            ORDER BY resource_id LIMIT @limit
            """,
            new { source, resourceType, after, limit = ResourcesPerChunk },
            cancellationToken);
    }

    private static Task<long> CountAsync(DbSession session, string resourceType, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>(
            """
            SELECT COUNT(*) FROM (SELECT DISTINCT source FROM ingestion_runs) AS s
            JOIN resources AS r ON r.source = s.source AND r.resource_type = @resourceType AND r.deleted_at IS NULL
            """,
            new { resourceType },
            cancellationToken);
}
