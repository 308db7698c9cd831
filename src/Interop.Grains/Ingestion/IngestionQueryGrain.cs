using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Ingestion.Exporting;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion;

/// <inheritdoc cref="IIngestionQueryGrain"/>
[StatelessWorker]
internal sealed class IngestionQueryGrain(Database database, R4Schema schema, ExportReader exports) : Grain, IIngestionQueryGrain
{
    private const int MaxPageBytes = 1024 * 1024;

    public Task<ImmutableArray<RunListItem>> ListRuns(RunFilter filter) =>
        database.ReadAsync((session, token) => RunQueries.ListAsync(session, filter, token));

    public Task<RunMetrics> GetMetrics() => database.ReadAsync(RunQueries.MetricsAsync);

    public Task<RunDetail?> GetRun(long runId) =>
        database.ReadAsync((session, token) => RunQueries.DetailAsync(session, runId, token));

    public Task<RunSummary?> GetSummary(long runId) =>
        database.ReadAsync((session, token) => RunQueries.SummaryAsync(session, runId, token));

    public Task<DeadLetterList?> ListDeadLetters(long runId, string? stage, int limit, bool includeRaw) =>
        database.ReadAsync(async (session, token) =>
            await RunStore.FindAsync(session, runId, token) is { } run
                ? new DeadLetterList(await DeadLetterQueries.ListAsync(session, run, stage, limit, includeRaw, token))
                : null);

    public Task<ImmutableArray<Checkpoint>> ListCheckpoints() =>
        database.ReadAsync(async (session, token) => (await CheckpointStore.ListAsync(session, token)).ToImmutableArray());

    public Task<bool> IsKnownType(string resourceType) => Task.FromResult(schema.FindResource(resourceType) is not null);

    public async Task<ExportPage> ReadExport(ExportRequest request, string? cursor)
    {
        var after = cursor is null ? null : JsonSerializer.Deserialize<Position>(cursor);
        var left = request.Limit - (after?.Written ?? 0);
        var lines = new StringBuilder();
        var count = 0L;
        var last = await exports.ReadAsync(
            request,
            after is null ? null : new ExportReader.Cursor(after.Source, after.Id),
            left,
            line =>
            {
                lines.Append(line).Replace('\n', ' ', lines.Length - line.Length, line.Length).Append('\n');
                count++;
                return new ValueTask<bool>(lines.Length < MaxPageBytes);
            },
            CancellationToken.None);
        var ended = last is null || lines.Length < MaxPageBytes;
        var next = ended ? null : JsonSerializer.Serialize(new Position(last!.Source, last.Id, (after?.Written ?? 0) + count));
        return new ExportPage(lines.ToString(), count, next);
    }

    private sealed record Position(string Source, string Id, long Written);
}
