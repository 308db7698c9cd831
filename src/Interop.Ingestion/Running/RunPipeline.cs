using System.Text.Json;
using System.Threading.Channels;
using Interop.Fhir.Client;
using Interop.Fhir.Validation;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Sources;
using Interop.Storage;

namespace Interop.Ingestion.Running;

/// <summary>
/// Moves a run's pages through fetch, prepare and load. Pages are prepared in parallel and loaded in order. A bounded channel between the
/// stages keeps the memory constant, whatever the run's size; a slow database slows the fetching down.
/// </summary>
internal sealed class RunPipeline(
    Database database,
    SourceRegistry sources,
    ResourceValidator validator,
    ViewCatalog catalog,
    PageSources pageSources,
    IPartitionWorkers partitions,
    TimeProvider time
)
{
    private const int PagesAhead = 2;
    private const int PagesAheadOfPartition = 1;

    /// <summary>Executes everything from the next page to the last; calls <paramref name="onLoaded"/> with the run after each page, and
    /// now and then where partitions are loaded.</summary>
    /// <exception cref="IngestionException">The run cannot continue.</exception>
    public async Task ExecuteAsync(RunRecord run, RunWaits waits, Action<RunRecord> onLoaded, CancellationToken cancellationToken)
    {
        var client = ClientOf(run);
        (run, var source) = await pageSources.OpenAsync(run, client, waits, cancellationToken);
        if (source is null)
        {
            var options = sources.Options(run.Source)!;
            await new PartitionedRun(
                database,
                partitions,
                run,
                waits,
                run.Partitions ?? options.MaxParallel,
                options.BaseDelay,
                time
            ).ExecuteAsync(onLoaded, cancellationToken);
            return;
        }

        await MoveAsync(run, source, client, waits, PagesAhead, onLoaded, cancellationToken);
        await source.EndAsync(cancellationToken);
    }

    /// <summary>Executes one partition of a run from its next page to its last.</summary>
    /// <exception cref="IngestionException">The partition cannot continue.</exception>
    public Task ExecutePartitionAsync(RunRecord run, RunPart part, RunWaits waits, CancellationToken cancellationToken)
    {
        var client = ClientOf(run)!;
        var source = pageSources.OpenPartition(run, part, client, waits);
        return MoveAsync(run with { Warnings = "[]" }, source, client, waits, PagesAheadOfPartition, _ => { }, cancellationToken);
    }

    /// <summary>The server that the run began with; null for a run that asks none.</summary>
    private FhirClient? ClientOf(RunRecord run)
    {
        var client = sources.Find(run.Source);
        if (client is null && !run.IsReplay && run.Mode != RunMode.Files)
            throw new IngestionException($"the source '{run.Source}' is not in the settings any more", RunFailure.Source);

        if (run.SourceUrl is { } begun && client is not null && client.BaseUrl.AbsoluteUri != begun)
            throw new IngestionException(
                $"the run began at {begun}, and the source '{run.Source}' is {client.BaseUrl} now: start a new run",
                RunFailure.Source
            );
        return client;
    }

    private async Task MoveAsync(
        RunRecord run,
        IPageSource source,
        FhirClient? client,
        RunWaits waits,
        int pagesAhead,
        Action<RunRecord> onLoaded,
        CancellationToken cancellationToken
    )
    {
        var preparer = new PagePreparer(database, validator, catalog, client, waits, run, time);
        var pages = Channel.CreateBounded<PageInWork>(pagesAhead);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = FetchAsync(source, preparer, pages.Writer, stop.Token);
        try
        {
            await LoadAsync(run, pages.Reader, onLoaded, cancellationToken);
            await fetching;
        }
        finally
        {
            await stop.CancelAsync();
            await fetching;
            while (pages.Reader.TryRead(out var page))
                await page.DisposeAsync();
        }
    }

    private static async Task FetchAsync(
        IPageSource source,
        PagePreparer preparer,
        ChannelWriter<PageInWork> pages,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            await foreach (var incoming in source.PagesAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                var page = new PageInWork(incoming, preparer, cancellationToken);
                try
                {
                    await pages.WriteAsync(page, cancellationToken);
                }
                catch
                {
                    await page.DisposeAsync();
                    throw;
                }
            }
        }
        catch (Exception e)
        {
            // Pass the failure on after the pages before it: they are loaded first.
            failure = e;
        }

        pages.Complete(failure);
    }

    private async Task LoadAsync(
        RunRecord run,
        ChannelReader<PageInWork> pages,
        Action<RunRecord> onLoaded,
        CancellationToken cancellationToken
    )
    {
        var loader = new PageLoader(database, catalog, time);
        var warnings = JsonSerializer.Deserialize<List<string>>(run.Warnings) ?? [];
        var startedAt = time.GetTimestamp();
        var before = run.Fetched + run.Refetched;
        await foreach (var page in pages.ReadAllAsync(cancellationToken))
        {
            await using (page)
            {
                var seconds = Math.Max(time.GetElapsedTime(startedAt).TotalSeconds, 0.001);
                var rate = Math.Round((run.Fetched + run.Refetched - before + page.Incoming.Resources.Count) / seconds, 1);
                var prepared = await page.PreparedAsync();
                warnings.AddRange(
                    page.Incoming.Warnings.Concat(prepared.Warnings).Except(warnings).Take(RunRecord.MaxWarnings - warnings.Count)
                );
                RunRecord? loaded;
                while ((loaded = await loader.LoadAsync(run, prepared, warnings, rate, cancellationToken)) is null)
                    prepared = await page.PrepareAgainAsync(cancellationToken);
                onLoaded(run = loaded);
            }
        }
    }
}
