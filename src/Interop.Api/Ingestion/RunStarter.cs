using System.Text.Json.Serialization;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Hosting;

namespace Interop.Api.Ingestion;

/// <summary>
/// Starts a run and, unless the caller prefers otherwise, follows it to its end, because a run lasts longer than a grain call may. A caller
/// that disconnects does not end the run. When the server stops, the caller gets 202: the run continues at the next start.
/// </summary>
public sealed class RunStarter(IGrainFactory grains, IHostApplicationLifetime lifetime)
{
    private const string DefaultSource = "default";

    internal async Task<IResult> StartAsync(HttpContext http, string resourceType, IngestQuery query, MissingPatients missingPatients)
    {
        if (query.Problem(resourceType) is { } problem)
            return Problems.BadRequest(problem);
        var request = new RunRequest(
            query.PatientId,
            query.Full ?? false,
            missingPatients,
            query.Meta,
            query.Adopt ?? false,
            query.Mode,
            Partitions: query.Partitions
        );
        var source = string.IsNullOrEmpty(query.Source) ? DefaultSource : query.Source;
        var started = await grains.Checkpoint(source, resourceType).StartRun(request);
        return await AnswerAsync(http, started, source, resourceType);
    }

    internal async Task<IResult> ReplayAsync(HttpContext http, long runId, string stage)
    {
        if (await Query.GetSummary(runId) is not { } original)
            return Problems.NotFound("Run not found");
        var checkpoint = grains.Checkpoint(original.Source, original.Resource);
        return await AnswerAsync(http, await checkpoint.StartReplay(runId, stage), original.Source, original.Resource);
    }

    private IIngestionQueryGrain Query => grains.IngestionQueries();

    private async Task<IResult> AnswerAsync(HttpContext http, StartRunResult started, string source, string resourceType)
    {
        switch (started.Outcome)
        {
            case StartOutcome.UnknownSource:
                return Problems.NotFound(
                    source == DefaultSource
                        ? "Unknown source 'default': no FHIR server is configured under this name. Set FHIR_BASE_URL, or configure Sources:NAME and add ?source=NAME"
                        : $"Unknown source '{source}'"
                );
            case StartOutcome.UnknownType:
                return Problems.NotFound($"Unknown resource type '{resourceType}'");
            case StartOutcome.UnknownRun:
                return Problems.NotFound("Run not found");
            case StartOutcome.NothingFetched:
                return Problems.BadRequest(
                    $"Run {started.RunId} filled a view table from stored resources: rebuild the view instead of replaying the run"
                );
            case StartOutcome.InvalidPatientId:
                return Problems.BadRequest(started.Reason!);
            case StartOutcome.OtherServer:
                return Problems.Conflict(started.Reason!);
            case StartOutcome.AlreadyActive:
                return Problems.Conflict($"Run {started.RunId} of {source}/{resourceType} is active", ("run_id", started.RunId));
        }

        if (PrefersAsync(http.Request))
            return TypedResults.Accepted($"/runs/{started.RunId}", new RunAccepted(started.RunId, started.Status));
        if (!await FollowAsync(started.RunId, http.RequestAborted))
        {
            return TypedResults.Accepted(
                $"/runs/{started.RunId}",
                new RunAccepted(started.RunId, started.Status, "the server is stopping; the run continues at its next start")
            );
        }

        var summary = (await Query.GetSummary(started.RunId))!;
        return summary.Status == RunStatus.Failed ? FailedRun(summary) : TypedResults.Ok(RunSummaryResponse.From(summary));
    }

    private static ProblemHttpResult FailedRun(RunSummary run)
    {
        var (status, title) = run.Failure switch
        {
            RunFailure.StorageFull => (StatusCodes.Status507InsufficientStorage, "Insufficient storage"),
            RunFailure.Internal => (StatusCodes.Status500InternalServerError, "Run failed"),
            RunFailure.Source => (StatusCodes.Status409Conflict, "Conflict"),
            _ => (StatusCodes.Status502BadGateway, "Upstream failed"),
        };
        return Problems.Of(status, title, run.Error ?? "the run failed", ("run_id", run.RunId));
    }

    /// <summary>Waits for the end of the run; false when the server stops before it.</summary>
    private async Task<bool> FollowAsync(long runId, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var _ in grains.Run(runId).FollowToEndAsync(stopping.Token))
            {
                // Only the end matters here; /runs/{id}/events shows the progress.
            }

            return true;
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static bool PrefersAsync(HttpRequest request) =>
        request.Headers["Prefer"].Any(value => value?.Contains("respond-async", StringComparison.OrdinalIgnoreCase) ?? false);
}

/// <summary>
/// A run's summary: the message <see cref="RunSummary"/> with its counters on the top level, and without the members that do not apply.
/// </summary>
public sealed record RunSummaryResponse(
    long RunId,
    string Resource,
    string Source,
    string Status,
    DateTimeOffset? Since,
    long Fetched,
    long Validated,
    long Invalid,
    long TransformErrors,
    long Upserted,
    long Unchanged,
    long Refetched,
    long LoadErrors,
    DateTimeOffset? CheckpointBefore,
    DateTimeOffset? CheckpointAfter,
    long DeadLetters,
    IReadOnlyDictionary<string, long> DeadLettersByStage,
    string? ExportPath,
    double DurationSeconds
)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PatientId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SkippedMissingPatients { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PatientBackfill? PatientBackfill { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ReplayOfRunId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReplayStage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ReplaySourceCount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ReplayRawCount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ReplayMissingRaw { get; init; }

    internal static RunSummaryResponse From(RunSummary s) =>
        new(
            s.RunId,
            s.Resource,
            s.Source,
            s.Status,
            s.Since,
            s.Counters.Fetched,
            s.Counters.Validated,
            s.Counters.Invalid,
            s.Counters.TransformErrors,
            s.Counters.Upserted,
            s.Counters.Unchanged,
            s.Counters.Refetched,
            s.Counters.LoadErrors,
            s.CheckpointBefore,
            s.CheckpointAfter,
            s.Counters.DeadLetters,
            s.DeadLettersByStage,
            s.ExportPath,
            s.DurationSeconds
        )
        {
            PatientId = s.PatientId,
            SkippedMissingPatients = s.SkippedMissingPatients,
            PatientBackfill = s.PatientBackfill,
            ReplayOfRunId = s.Replay?.ReplayOfRunId,
            ReplayStage = s.Replay?.ReplayStage,
            ReplaySourceCount = s.Replay?.ReplaySourceCount,
            ReplayRawCount = s.Replay?.ReplayRawCount,
            ReplayMissingRaw = s.Replay?.ReplayMissingRaw,
        };
}
