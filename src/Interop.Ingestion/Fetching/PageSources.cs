using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Fetching;

/// <summary>Chooses where a run's pages come from.</summary>
internal sealed class PageSources(Database database, SourceRegistry sources, IOptions<IngestionOptions> options, TimeProvider time)
{
    private static readonly Uri Metadata = new("metadata", UriKind.Relative);

    private readonly int _pageSize = options.Value.PageSize;

    /// <summary>The pages of a run from its last committed page on, and the run with its mode decided.</summary>
    /// <param name="run">As it was claimed.</param>
    /// <param name="client">The server of its source; null for a run that asks none.</param>
    /// <param name="cancellationToken">Ends the question to the server.</param>
    public async Task<(RunRecord Run, IPageSource Pages)> OpenAsync(RunRecord run, FhirClient? client, CancellationToken cancellationToken)
    {
        if (run.IsReplay)
            return (run, new ReplaySource(database, run, _pageSize));
        if (run.Mode == RunMode.Files)
            return (run, new FileSource(database, run, _pageSize));
        var source = sources.Options(run.Source)!;
        run = await DecideAsync(run, client!, source, cancellationToken);
        return (
            run,
            run.Mode switch
            {
                RunMode.Bulk => new BulkSource(database, client!, run, source, _pageSize, time),
                RunMode.History => new HistorySource(client!, run, run.Since!.Value, _pageSize, time),
                RunMode.Reconcile => new ReconcileSource(database, client!, run, source.MaxParallel, _pageSize, time),
                _ => new SearchSource(
                    client!,
                    new SearchPlan(run.ResourceType, run.PatientId, run.Since, options.Value.Overlap, _pageSize),
                    run.Cursor,
                    run.ServerDate,
                    options.Value.MaxExpiredSearches,
                    time
                ),
            }
        );
    }

    /// <summary>Decides once, so that a resumed run continues in the same mode.</summary>
    private async Task<RunRecord> DecideAsync(RunRecord run, FhirClient client, SourceOptions source, CancellationToken cancellationToken)
    {
        var isFirst = run.Since is null || run.CheckpointBefore is null;
        var mode = run.Mode switch
        {
            RunMode.History when isFirst => RunMode.Search,
            RunMode.Auto => await AskServerAsync(run, client, source, isFirst, cancellationToken),
            _ => run.Mode,
        };
        if (mode == run.Mode)
            return run;
        await database.WriteAsync((session, token) => RunStore.SetModeAsync(session, run, mode, token), cancellationToken);
        return run with { Mode = mode };
    }

    private static async Task<string> AskServerAsync(
        RunRecord run,
        FhirClient client,
        SourceOptions source,
        bool isFirst,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var answer = await client.GetPageAsync(Metadata, cancellationToken);
            var statement = answer.Body.Memory;
            if (answer.Bundle.ResourceType != "CapabilityStatement")
                return RunMode.Search;
            if (isFirst)
                return CapabilityStatement.OffersExport(statement, source.Bulk.OwnerType) ? RunMode.Bulk : RunMode.Search;
            return CapabilityStatement.OffersHistory(statement, run.ResourceType) ? RunMode.History : RunMode.Search;
        }
        catch (FhirRequestException e) when (!e.IsTransient)
        {
            return RunMode.Search; // no CapabilityStatement
        }
    }
}
