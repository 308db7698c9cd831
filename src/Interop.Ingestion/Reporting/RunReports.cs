using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Reporting;

/// <summary>Describes runs for the front end.</summary>
internal static class RunReports
{
    private const int SampleSize = 25;

    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static async Task<ImmutableArray<RunListItem>> ListAsync(
        DbSession session,
        RunFilter filter,
        CancellationToken cancellationToken
    ) => [.. (await RunStore.ListAsync(session, filter, cancellationToken)).Select(r => Item(r, filter.IncludeDetails))];

    public static async Task<IngestionActivity> ActivityAsync(DbSession session, int runsPerType, CancellationToken cancellationToken) =>
        new(
            [.. (await RunStore.ListActiveAsync(session, cancellationToken)).Select(r => Item(r, includeDetails: true))],
            [.. (await RunStore.ListLatestAsync(session, runsPerType, cancellationToken)).Select(r => Item(r, includeDetails: false))],
            await DeadLetterStore.CountOpenByStageAsync(session, cancellationToken)
        );

    public static async Task<RunMetrics> MetricsAsync(DbSession session, CancellationToken cancellationToken)
    {
        var byStatus = await RunStore.CountByStatusAsync(session, cancellationToken);
        return new RunMetrics(
            byStatus.Values.Sum(),
            byStatus,
            await RunStore.CountByTypeAsync(session, cancellationToken),
            await DeadLetterStore.CountByStageAsync(session, cancellationToken)
        );
    }

    /// <summary>Everything about one run; null when there is no such run.</summary>
    public static async Task<RunDetail?> DetailAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await RunStore.FindAsync(session, runId, cancellationToken) is not { } run)
            return null;
        var byStage = await DeadLetterStore.CountByStageAsync(session, run, cancellationToken);
        var parts = await RunPartStore.CountAsync(session, runId, cancellationToken);
        return new RunDetail(
            run.RunId,
            run.ResourceType,
            run.Source,
            run.Status,
            run.StartedAt,
            run.FinishedAt,
            Duration(run),
            Details(run, parts),
            run.CheckpointBefore,
            run.CheckpointAfter,
            run.Counters,
            new ProgressDetail(run.Pages, run.Fetched, run.Total, run.ResourcesPerSecond),
            new DeadLetterCounts(byStage.Values.Sum(), byStage),
            await DeadLetterStore.ListAsync(session, run, null, SampleSize, includeRaw: false, cancellationToken),
            run.ReplayOfRunId
        );
    }

    /// <summary>The attempts and replays of a run; null when there is no such run.</summary>
    public static async Task<RunHistory?> HistoryAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        await RunStore.FindAsync(session, runId, cancellationToken) is { } run
            ? new RunHistory(
                await RunClaimStore.ListAsync(session, runId, cancellationToken),
                [.. (await RunStore.ListReplaysAsync(session, run, cancellationToken)).Select(r => Item(r, includeDetails: true))],
                await DeadLetterStore.CountOpenByStageAsync(session, run, cancellationToken)
            )
            : null;

    /// <summary>What the caller of a run gets when it ends; null when there is no such run.</summary>
    public static async Task<RunSummary?> SummaryAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await RunStore.FindAsync(session, runId, cancellationToken) is not { } run)
            return null;
        var missing =
            run.MissingPatients == MissingPatientRule.Ignore
                ? default
                : await DeadLetterStore.CountMissingPatientsAsync(session, run, cancellationToken);
        return new RunSummary(
            run.RunId,
            run.ResourceType,
            run.Source,
            run.Status,
            run.Since,
            run.Counters,
            run.CheckpointBefore,
            run.CheckpointAfter,
            await DeadLetterStore.CountByStageAsync(session, run, cancellationToken),
            run.ExportPath,
            Duration(run) ?? 0,
            run.Error,
            run.PatientId,
            run.MissingPatients == MissingPatientRule.Ignore ? null : missing.Letters,
            run.MissingPatients == MissingPatientRule.Fetch
                ? new PatientBackfill(run.PatientsFetched + missing.Patients, run.PatientsFetched, run.PatientsUpserted)
                : null,
            run.IsReplay
                ? new ReplaySummary(
                    run.ReplayOfRunId!.Value,
                    run.ReplayStage!,
                    run.ReplaySourceCount,
                    run.ReplaySourceCount - run.ReplayMissingRaw,
                    run.ReplayMissingRaw
                )
                : null,
            run.Failure
        );
    }

    private static RunListItem Item(RunRecord run, bool includeDetails) =>
        new(
            run.RunId,
            run.ResourceType,
            run.Source,
            run.Status,
            run.StartedAt,
            run.FinishedAt,
            Duration(run),
            includeDetails ? Details(run) : null,
            run.Progress
        );

    /// <summary>What has no member of its own in an answer.</summary>
    private static JsonText Details(RunRecord run, PartCount? parts = null)
    {
        var details = new JsonObject
        {
            ["run_meta"] = JsonSerializer.SerializeToNode(run.Meta, Snake),
            ["full"] = run.FullFetch,
            ["missing_patients"] = run.MissingPatients,
            ["warnings"] = JsonNode.Parse(run.Warnings),
            ["epoch"] = run.Epoch,
        };
        void When(string key, JsonNode? value, bool condition)
        {
            if (condition)
                details[key] = value;
        }

        When("mode", run.Mode, !run.IsReplay && !run.IsViewRebuild);
        When("parts", JsonSerializer.SerializeToNode(parts, Snake), parts is { Total: > 0 });
        When("files_path", run.FilesPath, run.FilesPath is not null);
        When("export_url", run.ExportUrl, run.ExportUrl is not null);
        When("transaction_time", run.TransactionTime?.UtcDateTime.ToString("O"), run.TransactionTime is not null);
        When("patient_id", run.PatientId, run.PatientId is not null);
        When("since", run.Since?.UtcDateTime.ToString("O"), run.Since is not null);
        When("cursor", run.Cursor?.UtcDateTime.ToString("O"), run.Cursor is not null);
        When("error", run.Error, run.Error is not null);
        When("export_path", run.ExportPath, run.ExportPath is not null);
        When("included", run.Included, run.Included > 0);
        When("deleted", run.Deleted, run.Deleted > 0);
        When("failure", run.Failure, run.Failure is not null);
        When("retries", run.Retries, run.Retries > 0);
        When("waiting", run.Waiting, run.IsActive && run.Waiting is not null);
        When("source_url", run.SourceUrl, run.SourceUrl is not null);
        When("owner", run.Owner is { } owner ? ProcessIdentity.Parse(owner)?.Description : null, run.Owner is not null);
        When("replay_stage", run.ReplayStage, run.IsReplay);
        When("view", run.ViewName, run.IsViewRebuild);
        return new JsonText(details.ToJsonString());
    }

    /// <summary>Null while the run is active. Never negative, also when the clock was set back during the run.</summary>
    private static double? Duration(RunRecord run) =>
        run.FinishedAt is { } finished ? Math.Max(0, Math.Round((finished - run.StartedAt).TotalSeconds, 3)) : null;
}
