using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Fetching;

/// <summary>Chooses where a run's pages come from.</summary>
internal sealed class PageSources(Database database, SourceRegistry sources, IOptions<IngestionOptions> options, TimeProvider time)
{
    private readonly int _pageSize = options.Value.PageSize;

    /// <summary>The pages of a run from its last committed page on, and the run with its mode decided.</summary>
    /// <param name="run">As it was claimed.</param>
    /// <param name="client">The server of its source; null for a run that asks none.</param>
    /// <param name="waits">Takes what the run waits for.</param>
    /// <param name="cancellationToken">Ends the question to the server.</param>
    public async Task<(RunRecord Run, IPageSource Pages)> OpenAsync(
        RunRecord run,
        FhirClient? client,
        RunWaits waits,
        CancellationToken cancellationToken
    )
    {
        if (run.IsReplay)
            return (run, new ReplaySource(database, run, _pageSize));
        if (run.Mode == RunMode.Files)
            return (run, new FileSource(database, run, _pageSize));
        var source = sources.Options(run.Source)!;
        var offer = await new FirstContact(database, client!, waits).CheckAsync(run, source.Bulk.OwnerType, cancellationToken);
        run = await DecideAsync(run, offer, cancellationToken);
        return (
            run,
            run.Mode switch
            {
                RunMode.Bulk => new BulkSource(database, client!, run, source, _pageSize, time),
                RunMode.History => new HistorySource(client!, waits, run, run.Since!.Value, _pageSize, time),
                RunMode.Reconcile => new ReconcileSource(database, client!, waits, run, source.MaxParallel, _pageSize, time),
                _ => await SearchAsync(run, client!, waits, source, offer, cancellationToken),
            }
        );
    }

    /// <summary>One search, or for a large first load one per period.</summary>
    private async Task<IPageSource> SearchAsync(
        RunRecord run,
        FhirClient client,
        RunWaits waits,
        SourceOptions source,
        ServerOffer offer,
        CancellationToken cancellationToken
    )
    {
        var parts = await database.ReadAsync((session, token) => RunPartStore.ListAsync(session, run.RunId, token), cancellationToken);
        var partitions = run.Partitions ?? source.MaxParallel;
        if (parts.Count == 0 && offer.SearchByTime && run is { Pages: 0, Since: null, PatientId: null } && partitions > 1)
            parts = await SplitAsync(run, client, partitions, cancellationToken);
        return parts.Count == 0
            ? Search(run.Since, null, run.Cursor, run.ServerDate)
            : new PartitionSource(
                parts,
                (part, serverDate) => Search(part.FromAt, part.ToAt, part.Cursor, serverDate ?? run.ServerDate),
                partitions,
                source.BaseDelay,
                time
            );

        SearchSource Search(DateTimeOffset? since, DateTimeOffset? until, DateTimeOffset? cursor, DateTimeOffset? serverDate) =>
            new(
                client,
                waits,
                new SearchPlan(run.ResourceType, run.PatientId, since, options.Value.Overlap, _pageSize, until),
                offer.SearchByTime,
                cursor,
                serverDate,
                options.Value,
                time
            );
    }

    private async Task<List<RunPart>> SplitAsync(RunRecord run, FhirClient client, int partitions, CancellationToken cancellationToken)
    {
        List<RunPart> parts;
        try
        {
            // A caller that asks for partitions gets them, however small the type is.
            var from = run.Partitions is { } asked ? asked : options.Value.PartitionFrom;
            parts = await new PartitionPlanner(client, run.ResourceType).PlanAsync(partitions, from, cancellationToken);
        }
        catch (FhirRequestException e) when (!e.IsTransient)
        {
            return []; // the server does not count: one search
        }

        await database.WriteAsync(
            async (session, token) =>
            {
                await RunStore.FenceAsync(session, run, token);
                await RunPartStore.InsertAsync(session, run.RunId, parts, token);
            },
            cancellationToken
        );
        return parts;
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
