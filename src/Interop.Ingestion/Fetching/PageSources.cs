using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Fetching;

/// <summary>What a run reads: pages, or partitions that are read each for itself.</summary>
/// <param name="Run">The run with its mode decided.</param>
/// <param name="Pages">Null when the run has partitions.</param>
internal readonly record struct OpenedRun(RunRecord Run, IPageSource? Pages);

/// <summary>Chooses where a run's pages come from.</summary>
internal sealed class PageSources(Database database, SourceRegistry sources, IOptions<IngestionOptions> options, TimeProvider time)
{
    private readonly int _pageSize = options.Value.PageSize;

    /// <summary>The pages of a run from its last committed page on, or its partitions; and the run with its mode decided.</summary>
    /// <param name="run">As it was claimed.</param>
    /// <param name="client">The server of its source; null for a run that asks none.</param>
    /// <param name="waits">Takes what the run waits for.</param>
    /// <param name="cancellationToken">Ends the question to the server.</param>
    public async Task<OpenedRun> OpenAsync(RunRecord run, FhirClient? client, RunWaits waits, CancellationToken cancellationToken)
    {
        if (run.IsReplay)
            return new OpenedRun(run, new ReplaySource(database, run, _pageSize));
        if (run.Mode == RunMode.Files)
            return new OpenedRun(run, new FileSource(database, run, _pageSize));
        var source = sources.Options(run.Source)!;
        var offer = await new FirstContact(database, client!, waits).CheckAsync(run, source.Bulk.OwnerType, cancellationToken);
        run = await DecideAsync(run, offer, cancellationToken);
        return new OpenedRun(
            run,
            run.Mode switch
            {
                RunMode.Bulk => new BulkSource(database, client!, waits, run, source, _pageSize, time),
                RunMode.History => new HistorySource(client!, waits, run, run.Since!.Value, _pageSize, time),
                RunMode.Reconcile => new ReconcileSource(database, client!, waits, run, source.MaxParallel, _pageSize, time),
                _ => await SearchAsync(run, client!, waits, source, offer, cancellationToken),
            }
        );
    }

    /// <summary>The pages of one partition from its last committed page on. Only servers that search by time have partitions.</summary>
    public IPageSource OpenPartition(RunRecord run, RunPart part, FhirClient client, RunWaits waits) =>
        new PartitionSource(part, Search(run, client, waits, searchByTime: true, part.FromAt, part.ToAt, part.Cursor));

    /// <summary>One search; null for a large first load, which is split into periods.</summary>
    private async Task<IPageSource?> SearchAsync(
        RunRecord run,
        FhirClient client,
        RunWaits waits,
        SourceOptions source,
        ServerOffer offer,
        CancellationToken cancellationToken
    )
    {
        var partitions = run.Partitions ?? source.MaxParallel;
        var isSplit =
            (await database.ReadAsync((session, token) => RunPartStore.CountAsync(session, run.RunId, token), cancellationToken)).Total > 0;
        if (!isSplit && offer.SearchByTime && run is { Pages: 0, Since: null, PatientId: null } && partitions > 1)
            isSplit = await SplitAsync(run, client, waits, partitions, cancellationToken);
        return isSplit ? null : Search(run, client, waits, offer.SearchByTime, run.Since, null, run.Cursor);
    }

    private SearchSource Search(
        RunRecord run,
        FhirClient client,
        RunWaits waits,
        bool searchByTime,
        DateTimeOffset? since,
        DateTimeOffset? until,
        DateTimeOffset? cursor
    ) =>
        new(
            client,
            waits,
            new SearchPlan(run.ResourceType, run.PatientId, since, options.Value.Overlap, _pageSize, until),
            searchByTime,
            cursor,
            run.ServerDate,
            options.Value,
            time
        );

    /// <summary>Splits the run, where the server's counts allow it.</summary>
    private async Task<bool> SplitAsync(
        RunRecord run,
        FhirClient client,
        RunWaits waits,
        int partitions,
        CancellationToken cancellationToken
    )
    {
        List<RunPart> parts;
        var planner = new PartitionPlanner(client, waits, run.ResourceType);
        try
        {
            // A caller that asks for partitions gets them, however small the type is.
            var smallest = run.Partitions is { } asked ? asked : options.Value.PartitionFrom;
            parts = await planner.PlanAsync(partitions, smallest, cancellationToken);
        }
        catch (FhirRequestException e) when (!e.IsTransient)
        {
            return false; // the server does not count: one search
        }

        if (parts.Count == 0)
            return false;

        await database.WriteAsync(
            async (session, token) =>
            {
                await RunStore.FenceAsync(session, run, token);
                // The watermark never passes the clock of the first answer, whichever partition brings the last resource.
                await RunStore.SetServerDateAsync(session, run, planner.ServerDate ?? time.GetUtcNow(), token);
                await RunPartStore.InsertAsync(session, run.RunId, parts, token);
            },
            cancellationToken
        );
        return true;
    }

    /// <summary>Decides once, so that a resumed run continues in the same mode.</summary>
    private async Task<RunRecord> DecideAsync(RunRecord run, ServerOffer offer, CancellationToken cancellationToken)
    {
        var isFirst = run.Since is null || run.CheckpointBefore is null;
        var mode = run.Mode switch
        {
            RunMode.History when isFirst => RunMode.Search,
            RunMode.Auto when isFirst => offer.Export ? RunMode.Bulk : RunMode.Search,
            RunMode.Auto => offer.History ? RunMode.History : RunMode.Search,
            _ => run.Mode,
        };
        if (mode == run.Mode)
            return run;
        await database.WriteAsync((session, token) => RunStore.SetModeAsync(session, run, mode, token), cancellationToken);
        return run with { Mode = mode };
    }
}
