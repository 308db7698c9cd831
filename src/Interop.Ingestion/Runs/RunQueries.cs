using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>What the front end asks about runs.</summary>
internal static class RunQueries
{
    private const int SampleSize = 25;

    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private sealed record Count(string Key, long Total);

    public static async Task<ImmutableArray<RunListItem>> ListAsync(DbSession session, RunFilter filter, CancellationToken cancellationToken)
    {
        var conditions = new List<string> { "1 = 1" };
        void When(object? value, string condition)
        {
            if (value is not null)
                conditions.Add(condition);
        }

        When(filter.ResourceType, "resource_type = @ResourceType");
        When(filter.Source, "source = @Source");
        When(filter.Status, "status = @Status");
        When(filter.Since, "started_at >= @Since");
        When(filter.Until, "started_at <= @Until");
        When(filter.Job, $"{Meta(session, "Job")} = @Job");
        When(filter.Trigger, $"{Meta(session, "Trigger")} = @Trigger");
        var rows = await session.QueryAsync<RunRecord>(
            $"SELECT * FROM ingestion_runs WHERE {string.Join(" AND ", conditions)} ORDER BY run_id DESC LIMIT @Limit", filter, cancellationToken);
        return
        [
            .. rows.Select(r => new RunListItem(
                r.RunId, r.ResourceType, r.Source, r.Status, r.StartedAt, r.FinishedAt, Duration(r), filter.IncludeDetails ? Details(r) : null)),
        ];
    }

    public static async Task<RunMetrics> MetricsAsync(DbSession session, CancellationToken cancellationToken)
    {
        var byStatus = await CountAsync(session, "SELECT status AS key, COUNT(*) AS total FROM ingestion_runs GROUP BY status", null, cancellationToken);
        var byType = await CountAsync(session, "SELECT resource_type AS key, COUNT(*) AS total FROM ingestion_runs GROUP BY resource_type", null, cancellationToken);
        var byStage = await CountAsync(session, "SELECT stage AS key, COUNT(*) AS total FROM dead_letters GROUP BY stage", null, cancellationToken);
        return new RunMetrics(byStatus.Values.Sum(), byStatus, byType, byStage);
    }

    public static async Task<RunDetail?> DetailAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await RunStore.FindAsync(session, runId, cancellationToken) is not { } run)
            return null;
        var byStage = await DeadLettersByStageAsync(session, run, cancellationToken);
        return new RunDetail(
            run.RunId,
            run.ResourceType,
            run.Source,
            run.Status,
            run.StartedAt,
            run.FinishedAt,
            Duration(run),
            Details(run),
            run.CheckpointBefore,
            run.CheckpointAfter,
            run.Counters,
            new ProgressDetail(run.Pages, run.Fetched, run.Total, run.ResourcesPerSecond),
            new DeadLetterCounts(byStage.Values.Sum(), byStage),
            await DeadLetterQueries.ListAsync(session, run, null, SampleSize, includeRaw: false, cancellationToken),
            run.ReplayOfRunId);
    }

    public static async Task<RunSummary?> SummaryAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await RunStore.FindAsync(session, runId, cancellationToken) is not { } run)
            return null;
        var missing = run.Request.MissingPatients == MissingPatients.Ignore
            ? (Letters: 0L, Patients: 0L)
            : await MissingPatientsAsync(session, run, cancellationToken);
        return new RunSummary(
            run.RunId,
            run.ResourceType,
            run.Source,
            run.Status,
            run.Since,
            run.Counters,
            run.CheckpointBefore,
            run.CheckpointAfter,
            await DeadLettersByStageAsync(session, run, cancellationToken),
            run.ExportPath,
            Duration(run) ?? 0,
            run.Error,
            run.Request.PatientId,
            run.Request.MissingPatients == MissingPatients.Ignore ? null : missing.Letters,
            run.Request.MissingPatients == MissingPatients.Fetch
                ? new PatientBackfill(run.PatientsFetched + missing.Patients, run.PatientsFetched, run.PatientsUpserted)
                : null,
            run.IsReplay
                ? new ReplaySummary(
                    run.ReplayOfRunId!.Value, run.ReplayStage!, run.ReplaySourceCount, run.ReplaySourceCount - run.ReplayMissingRaw, run.ReplayMissingRaw)
                : null);
    }

    /// <summary>What has no column of its own in an answer.</summary>
    private static JsonText Details(RunRecord run)
    {
        var request = run.Request;
        var details = new JsonObject
        {
            ["run_meta"] = JsonSerializer.SerializeToNode(request.Meta, Snake),
            ["full"] = request.Full,
            ["missing_patients"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(request.MissingPatients.ToString()),
            ["warnings"] = JsonNode.Parse(run.Warnings),
            ["epoch"] = run.Epoch,
        };
        void When(string key, JsonNode? value, bool condition)
        {
            if (condition)
                details[key] = value;
        }

        When("patient_id", request.PatientId, request.PatientId is not null);
        When("since", run.Since?.UtcDateTime.ToString("O"), run.Since is not null);
        When("cursor", run.Cursor?.UtcDateTime.ToString("O"), run.Cursor is not null);
        When("error", run.Error, run.Error is not null);
        When("export_path", run.ExportPath, run.ExportPath is not null);
        When("included", run.Included, run.Included > 0);
        When("deleted", run.Deleted, run.Deleted > 0);
        When("replay_stage", run.ReplayStage, run.IsReplay);
        When("view", run.ViewName, run.IsViewRebuild);
        return new JsonText(details.ToJsonString());
    }

    private static double? Duration(RunRecord run) =>
        run.FinishedAt is { } finished ? Math.Round((finished - run.StartedAt).TotalSeconds, 3) : null;

    private static Task<ImmutableSortedDictionary<string, long>> DeadLettersByStageAsync(
        DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        CountAsync(
            session,
            $"SELECT stage AS key, COUNT(*) AS total FROM dead_letters WHERE {DeadLetterQueries.Of(run)} GROUP BY stage",
            new { run.RunId },
            cancellationToken);

    private sealed record Missing(long Letters, long Patients);

    private static async Task<(long Letters, long Patients)> MissingPatientsAsync(DbSession session, RunRecord run, CancellationToken cancellationToken)
    {
        var missing = await session.FirstAsync<Missing>(
            $"""
            SELECT COUNT(*) AS letters, COUNT(DISTINCT missing_patient_id) AS patients FROM dead_letters
            WHERE {DeadLetterQueries.Of(run)} AND missing_patient_id IS NOT NULL
            """,
            new { run.RunId },
            cancellationToken);
        return (missing!.Letters, missing.Patients);
    }

    private static async Task<ImmutableSortedDictionary<string, long>> CountAsync(
        DbSession session, string sql, object? args, CancellationToken cancellationToken) =>
        (await session.QueryAsync<Count>(sql, args, cancellationToken)).ToImmutableSortedDictionary(c => c.Key, c => c.Total);

    private static string Meta(DbSession session, string member) =>
        session.Dialect == SqlDialect.Postgres
            ? $"request_json::json -> 'Meta' ->> '{member}'"
            : $"json_extract(request_json, '$.Meta.{member}')";
}
