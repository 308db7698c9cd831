using Interop.Anomaly.Alerts;
using Interop.Fhir.Client;

namespace Interop.Polling;

/// <summary>The work of one poll.</summary>
public interface IPollRound
{
    /// <summary>Runs to the end, or until it is cancelled between two pages.</summary>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>The result so far, also after a failure.</summary>
    /// <param name="error">Why the poll ended early; null: it did not.</param>
    PollResult Result(string? error);
}

/// <summary>Asks the profiles of a batch's agents, each once, and gives their answers to the batch.</summary>
public delegate Task ProfileCalls(SourceBatch batch);

/// <summary>
/// One poll: the pages from the watermark on, each stored in a transaction of its own. The next page is fetched while one is stored.
/// Between two pages other calls may write the source.
/// </summary>
public sealed class AuditEventPoll(
    FhirClient client,
    SourceClaim claim,
    PollerSettings settings,
    ProfileCalls profiles,
    Action<IReadOnlyList<NewAlert>> publish,
    TimeProvider time
) : IPollRound
{
    private long _stored;
    private long _seen;
    private int _pages;

    /// <inheritdoc/>
    public PollResult Result(string? error) => new(_stored, _seen - _stored, _pages, error);

    /// <summary>Reads to the end, or until it is cancelled between two pages.</summary>
    /// <exception cref="FhirRequestException">The server refused.</exception>
    /// <exception cref="PollerLostException">Another poller has claimed the source.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var row = await claim.UseAsync(BeginAsync, cancellationToken);
        var progress = new WatermarkProgress(row.Watermark, time.GetUtcNow());
        var pages = AuditEventSearch
            .PagesAsync(client, () => BeginAt(row with { Watermark = progress.Restart() }), (int)row.Batch, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        var next = pages.MoveNextAsync().AsTask();
        try
        {
            while (await next)
            {
                using var page = pages.Current;
                next = pages.MoveNextAsync().AsTask();
                await StorePageAsync(page.Bundle, progress, cancellationToken);
            }
        }
        finally
        {
            // A page that was fetched ahead and is not needed is returned to its pool.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (next is { IsCompletedSuccessfully: true, Result: true })
                pages.Current.Dispose();
            await pages.DisposeAsync();
        }

        await claim.UseAsync(source => source.FinishPollAsync(progress.Finish(), CancellationToken.None), cancellationToken);
    }

    /// <summary>Scores and stores events as one batch.</summary>
    /// <param name="watermark">Committed with them.</param>
    /// <param name="publish">Called with the alerts after the commit.</param>
    /// <returns>How many events were new.</returns>
    public static async Task<int> StoreAsync(
        MonitoredSource source,
        IReadOnlyList<IncomingEvent> events,
        DateTimeOffset? watermark,
        ProfileCalls profiles,
        Action<IReadOnlyList<NewAlert>> publish,
        CancellationToken cancellationToken
    )
    {
        if (await source.PrepareAsync(events, cancellationToken) is not { } batch)
            return 0;
        await profiles(batch);
        publish(await source.CommitAsync(batch, watermark, cancellationToken));
        return batch.Count;
    }

    private async Task<PollerRow> BeginAsync(MonitoredSource source)
    {
        await source.RefreshAsync(CancellationToken.None);
        // The instant of a duration such as PT1H is kept: it must not move while the first polls fail.
        if (source.Row is { Watermark: null, Since: null })
            await source.SaveAsync(source.Row with { Since = BeginAt(source.Row) }, CancellationToken.None);
        return source.Row;
    }

    private async Task StorePageAsync(BundlePage page, WatermarkProgress progress, CancellationToken cancellationToken)
    {
        var events = IncomingEvents.Of(page, time.GetUtcNow());
        progress.See(events.Select(e => e.Event.LastUpdated));
        // A page that was begun is stored completely.
        _stored += await claim.UseAsync(
            source => StoreAsync(source, events, progress.Committable, profiles, publish, CancellationToken.None),
            cancellationToken
        );
        _seen += events.Count;
        _pages++;
    }

    private DateTimeOffset BeginAt(PollerRow row) => settings.BeginAt(row, time.GetUtcNow());
}
