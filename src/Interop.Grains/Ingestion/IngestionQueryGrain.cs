using System.Collections.Immutable;
using Interop.Fhir.Schema;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Reporting;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;

namespace Interop.Ingestion;

/// <inheritdoc cref="IIngestionQueryGrain"/>
[StatelessWorker]
internal sealed class IngestionQueryGrain(Database database, R4Schema schema, ExportReader exports, SourceRegistry sources)
    : Grain,
        IIngestionQueryGrain
{
    private const int MaxRunsPerType = 50;

    public Task<ImmutableArray<RunListItem>> ListRuns(RunFilter filter) =>
        database.ReadAsync((session, token) => RunReports.ListAsync(session, filter, token));

    public Task<IngestionActivity> GetActivity(int runsPerType) =>
        database.ReadAsync((session, token) => RunReports.ActivityAsync(session, Math.Clamp(runsPerType, 1, MaxRunsPerType), token));

    public Task<RunMetrics> GetMetrics() => database.ReadAsync(RunReports.MetricsAsync);

    public Task<RunDetail?> GetRun(long runId) => database.ReadAsync((session, token) => RunReports.DetailAsync(session, runId, token));

    public Task<RunHistory?> GetHistory(long runId) =>
        database.ReadAsync((session, token) => RunReports.HistoryAsync(session, runId, token));

    public Task<RunSummary?> GetSummary(long runId) =>
        database.ReadAsync((session, token) => RunReports.SummaryAsync(session, runId, token));

    public Task<ImmutableArray<DeadLetter>?> ListDeadLetters(long runId, string? stage, int limit, bool includeRaw) =>
        database.ReadAsync<ImmutableArray<DeadLetter>?>(
            async (session, token) =>
                await RunStore.FindAsync(session, runId, token) is { } run
                    ? await DeadLetterStore.ListAsync(session, run, stage, limit, includeRaw, token)
                    : null
        );

    public Task<DeadLetter?> FindDeadLetter(long id) =>
        database.ReadAsync((session, token) => DeadLetterStore.FindAsync(session, id, token));

    public Task<ImmutableArray<Checkpoint>> ListCheckpoints() =>
        database.ReadAsync(async (session, token) => (await CheckpointStore.ListAsync(session, token)).ToImmutableArray());

    public Task<bool> IsKnownType(string resourceType) => Task.FromResult(schema.FindResource(resourceType) is not null);

    public Task<JsonText> GetPublicKeys() => Task.FromResult(new JsonText(sources.PublicKeys()));

    public Task<ExportPage> ReadExport(ExportRequest request, string? cursor) =>
        exports.ReadPageAsync(request, cursor, CancellationToken.None);
}
