using System.Threading.Channels;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Running;

/// <summary>
/// Moves a run's pages through fetch, prepare and load. Pages are prepared side by side and loaded in order; a bounded channel between
/// the stages keeps memory flat whatever the run's size, and a slow database slows the fetching down.
/// </summary>
internal sealed class RunPipeline(IPageSource source, PagePreparer preparer, PageLoader loader, TimeProvider time, Action<RunRecord> onProgress)
{
    private const int PagesAhead = 2;
    private const int MaxWarnings = 50;

    private readonly long _startedAt = time.GetTimestamp();
    private readonly List<string> _warnings = [];

    private readonly record struct PageInWork(IncomingPage Incoming, Task<PreparedPage> Prepared);

    /// <summary>Runs to the end of the source and returns the run as its last page left it.</summary>
    public async Task<RunRecord> ExecuteAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var before = run.Fetched + run.Refetched;
        _warnings.AddRange(System.Text.Json.JsonSerializer.Deserialize<string[]>(run.Warnings) ?? []);
        var pages = Channel.CreateBounded<PageInWork>(PagesAhead);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = FetchAsync(pages.Writer, stop.Token);
        try
        {
            await foreach (var page in pages.Reader.ReadAllAsync(cancellationToken))
            {
                AddWarnings(page.Incoming.Warnings);
                run = await LoadAsync(run, page, before, cancellationToken);
                onProgress(run);
            }

            await fetching;
            return run;
        }
        finally
        {
            await stop.CancelAsync();
            await DrainAsync(pages.Reader, fetching);
        }
    }

    private async Task FetchAsync(ChannelWriter<PageInWork> pages, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (var page in source.PagesAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                var prepared = Task.Run(() => preparer.PrepareAsync(page, cancellationToken), CancellationToken.None);
                try
                {
                    await pages.WriteAsync(new PageInWork(page, prepared), cancellationToken);
                }
                catch
                {
                    await DiscardAsync(new PageInWork(page, prepared));
                    throw;
                }
            }
        }
        catch (Exception e)
        {
            // Reaches the loader after the pages before it: what was fetched well is loaded.
            failure = e;
        }

        pages.Complete(failure);
    }

    private async Task<RunRecord> LoadAsync(RunRecord run, PageInWork page, long before, CancellationToken cancellationToken)
    {
        var prepared = page.Prepared;
        while (true)
        {
            using var ready = await TakeAsync(page.Incoming, prepared);
            try
            {
                AddWarnings(ready.Warnings);
                var elapsed = time.GetElapsedTime(_startedAt).TotalSeconds;
                var rate = (run.Fetched + run.Refetched - before + page.Incoming.Resources.Count) / Math.Max(elapsed, 0.001);
                run = await loader.LoadAsync(run, ready, _warnings, Math.Round(rate, 1), cancellationToken);
                page.Incoming.Dispose();
                return run;
            }
            catch (StalePreparationException)
            {
                prepared = preparer.PrepareAsync(page.Incoming, cancellationToken);
            }
            catch
            {
                page.Incoming.Dispose();
                throw;
            }
        }
    }

    private static async Task<PreparedPage> TakeAsync(IncomingPage incoming, Task<PreparedPage> prepared)
    {
        try
        {
            return await prepared;
        }
        catch
        {
            incoming.Dispose();
            throw;
        }
    }

    private void AddWarnings(IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings)
        {
            if (_warnings.Count < MaxWarnings && !_warnings.Contains(warning))
                _warnings.Add(warning);
        }
    }

    private static async Task DrainAsync(ChannelReader<PageInWork> pages, Task fetching)
    {
        await fetching;
        while (pages.TryRead(out var page))
            await DiscardAsync(page);
    }

    private static async Task DiscardAsync(PageInWork page)
    {
        // Nobody wants the page any more, and so nobody wants to know how its preparation came out.
        await ((Task)page.Prepared).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (page.Prepared.IsCompletedSuccessfully)
            (await page.Prepared).Dispose();
        page.Incoming.Dispose();
    }
}
