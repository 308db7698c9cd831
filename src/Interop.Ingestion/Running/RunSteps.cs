using Interop.Fhir.Validation;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Running;

/// <summary>What a run consists of, put together for the run at hand.</summary>
internal sealed class RunSteps(
    Database database,
    SourceRegistry sources,
    ResourceValidator validator,
    ViewCatalog catalog,
    ViewRebuild rebuild,
    RunExporter exporter,
    IOptions<IngestionOptions> options,
    TimeProvider time)
{
    /// <summary>Everything from the first page to come to the last.</summary>
    /// <exception cref="IngestionException">The run cannot go on.</exception>
    public Task<RunRecord> IngestAsync(RunRecord run, Action<RunRecord> onProgress, CancellationToken cancellationToken)
    {
        if (run.IsViewRebuild)
            return rebuild.ExecuteAsync(run, onProgress, cancellationToken);
        var client = sources.Find(run.Source);
        if (client is null && !run.IsReplay)
            throw new IngestionException($"the source '{run.Source}' is not in the settings any more");

        IPageSource source = run.IsReplay
            ? new ReplaySource(database, run, options.Value.PageSize)
            : new SearchSource(
                client!,
                new SearchPlan(run.ResourceType, run.Request.PatientId, run.Since, options.Value.Overlap, options.Value.PageSize),
                run.Cursor,
                run.ServerDate,
                options.Value.MaxExpiredSearches,
                time);
        var preparer = new PagePreparer(database, validator, catalog, client, run, time);
        var loader = new PageLoader(database, catalog, time);
        return new RunPipeline(source, preparer, loader, time, onProgress).ExecuteAsync(run, cancellationToken);
    }

    /// <summary>The run's files, as its last step; null when the settings want none, and where it settled no resources but filled a table.</summary>
    public Task<string?> ExportAsync(RunRecord run, CancellationToken cancellationToken) =>
        run.IsViewRebuild ? Task.FromResult<string?>(null) : exporter.WriteRunAsync(run, cancellationToken);
}
