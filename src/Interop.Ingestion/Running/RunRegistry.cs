using Interop.Fhir.Schema;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Running;

/// <summary>Starts and cancels runs in the database. A <see cref="RunWorker"/> does their work.</summary>
internal sealed class RunRegistry(
    Database database,
    SourceRegistry sources,
    R4Schema schema,
    ProcessIdentity process,
    IOptions<IngestionOptions> options,
    IOptions<LeaseOptions> leases,
    TimeProvider time
)
{
    private const string InvalidPatientId = "patient_id is not a FHIR id: up to 64 letters, digits, '-' and '.'";

    private readonly string _processKind = process.Kind.ToString().ToLowerInvariant();

    /// <summary>The active runs that this process may resume.</summary>
    public Task<IReadOnlyList<long>> InterruptedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => RunStore.ActiveIdsAsync(session, _processKind, token), cancellationToken);

    public Task<RunRecord?> FindAsync(long runId, CancellationToken cancellationToken = default) =>
        database.ReadAsync((session, token) => RunStore.FindAsync(session, runId, token), cancellationToken);

    /// <summary>Allocates a run of a source and type, unless one is active.</summary>
    public async Task<StartRunResult> StartAsync(string source, string resourceType, RunRequest request)
    {
        if (request.Files is null && !sources.Contains(source))
            return new StartRunResult(StartOutcome.UnknownSource, 0, "");
        var isEveryType = request.Files is not null && resourceType == RunMode.EveryType;
        if (!isEveryType && schema.FindResource(resourceType) is null)
            return new StartRunResult(StartOutcome.UnknownType, 0, "");
        if (request.Files is { } files)
            return await StartFilesAsync(source, resourceType, files, request);
        if (request.PatientId is { } id && !FhirId.IsValid(id))
            return new StartRunResult(StartOutcome.InvalidPatientId, 0, "", InvalidPatientId);
        if (await OtherServerAsync(source, request.Adopt) is { } reason)
            return new StartRunResult(StartOutcome.OtherServer, 0, "", reason);

        return await InsertAsync(
            source,
            resourceType,
            async (session, token) =>
            {
                var run = NewRun(source, resourceType, request);
                var checkpoint = run.MovesCheckpoint ? await CheckpointStore.FindAsync(session, source, resourceType, token) : null;
                var since = request.Full ? null : SearchPlan.Before(checkpoint, options.Value.Overlap);
                if (options.Value.LastUpdatedGte is { } gte && !(since > gte))
                    since = gte;
                return run with { CheckpointBefore = checkpoint, Since = since };
            }
        );
    }

    /// <summary>Allocates a run that reads files. An active run of the same source and type must read the same files.</summary>
    private async Task<StartRunResult> StartFilesAsync(string source, string resourceType, string files, RunRequest request)
    {
        var started = await InsertAsync(
            source,
            resourceType,
            (_, _) =>
                Task.FromResult(NewRun(source, resourceType, request) with { Mode = RunMode.Files, FilesPath = files, SourceUrl = null })
        );
        return started.Outcome == StartOutcome.AlreadyActive && await FindAsync(started.RunId) is { } active && active.FilesPath != files
            ? started with
            {
                Reason =
                    $"run {active.RunId} of {source}/{resourceType} reads {active.FilesPath ?? "from its server"}: wait for its end, or cancel it",
            }
            : started;
    }

    /// <summary>Allocates a run over the unresolved dead letters that a run left at a stage, unless a run of its source and type is
    /// active.</summary>
    public async Task<StartRunResult> StartReplayAsync(string source, string resourceType, long runId, string stage)
    {
        var original = await FindAsync(runId);
        if (original is null || original.Source != source || original.ResourceType != resourceType)
            return new StartRunResult(StartOutcome.UnknownRun, 0, "");
        if (original.IsViewRebuild)
            return new StartRunResult(StartOutcome.NothingFetched, runId, original.Status);

        return await InsertAsync(
            source,
            resourceType,
            async (session, token) =>
            {
                var letters = await DeadLetterStore.RangeAsync(session, runId, stage, token);
                return new RunRecord
                {
                    Source = source,
                    ResourceType = resourceType,
                    Status = RunStatus.Running,
                    StartedAt = time.GetUtcNow(),
                    PatientId = original.PatientId,
                    FullFetch = original.FullFetch,
                    MissingPatients = original.MissingPatients,
                    ProcessKind = _processKind,
                    ReplayOfRunId = runId,
                    ReplayStage = stage,
                    ReplayUntil = letters.LastId,
                    ReplaySourceCount = letters.Total,
                    ReplayMissingRaw = letters.Total - letters.WithRaw,
                };
            }
        );
    }

    /// <summary>Ends an active run; what was committed stays. False when it had ended.</summary>
    public async Task<bool> CancelAsync(long runId) =>
        await database.WriteAsync(
            async (session, token) =>
            {
                await ViewChanges.AbandonAsync(session, runId, token);
                return await RunStore.CancelAsync(session, runId, time.GetUtcNow(), token);
            }
        )
            is not null;

    /// <summary>Deletes the checkpoint of a source and type; false when there was none.</summary>
    public Task<bool> ForgetCheckpointAsync(string source, string resourceType) =>
        database.WriteAsync((session, token) => CheckpointStore.DeleteAsync(session, source, resourceType, token));

    /// <summary>
    /// Null when the source was filled from the server of the settings, or from none yet, else what to do. Resources and checkpoints of two
    /// servers must not meet under one name: the second server's would not be fetched, or would overwrite the first's.
    /// </summary>
    private Task<string?> OtherServerAsync(string source, bool adopt) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var baseUrl = sources.Find(source)!.BaseUrl.AbsoluteUri;
                var known = await SourceServerStore.FindAsync(session, source, token);
                if (known?.BaseUrl == baseUrl && !adopt)
                    return null;
                if (known is not null && !adopt)
                    return $"the source '{source}' was filled from {known.BaseUrl}, and is {baseUrl} now: {FirstContact.WaysOut}";
                await SourceServerStore.SaveAsync(session, source, baseUrl, time.GetUtcNow(), token);
                return null;
            }
        );

    private RunRecord NewRun(string source, string resourceType, RunRequest request) =>
        new()
        {
            Source = source,
            ResourceType = resourceType,
            Status = request.Meta.Attempt > 1 ? RunStatus.Retrying : RunStatus.Running,
            StartedAt = time.GetUtcNow(),
            PatientId = request.PatientId,
            FullFetch = request.Full,
            MissingPatients = MissingPatientRule.Of(request.MissingPatients),
            Job = request.Meta.Job,
            TriggeredBy = request.Meta.Trigger,
            Attempt = request.Meta.Attempt,
            MaxAttempts = request.Meta.MaxAttempts,
            RunGroup = request.Meta.RunGroup,
            AirflowDagId = request.Meta.AirflowDagId,
            AirflowTaskId = request.Meta.AirflowTaskId,
            AirflowRunId = request.Meta.AirflowRunId,
            ProcessKind = _processKind,
            SourceUrl = sources.Find(source)?.BaseUrl.AbsoluteUri,
            // Few servers support an export or a history of one patient.
            Mode = request.PatientId is not null ? RunMode.Search : request.Mode ?? sources.Options(source)?.Mode ?? RunMode.Search,
            Partitions = request.Partitions,
        };

    /// <summary>Inserts the run, or finds the active one. Looks first, because a refused INSERT would use up a run id on
    /// PostgreSQL.</summary>
    private async Task<StartRunResult> InsertAsync(
        string source,
        string resourceType,
        Func<DbSession, CancellationToken, Task<RunRecord>> describe
    )
    {
        while (true)
        {
            var (run, outcome) = await database.WriteAsync(
                async (session, token) =>
                {
                    if (
                        await RunStore.FindActiveAsync(session, source, resourceType, token) is { } active
                        && !await RunStore.EndAbandonedAsync(
                            session,
                            active,
                            _processKind,
                            leases.Value.SilentAfter,
                            time.GetUtcNow(),
                            token
                        )
                    )
                    {
                        return (active, StartOutcome.AlreadyActive);
                    }

                    return (await RunStore.InsertAsync(session, await describe(session, token), token), StartOutcome.Started);
                }
            );
            if (run is not null)
                return new StartRunResult(outcome, run.RunId, run.Status);
            // Another process inserted a run between the two statements: look again.
        }
    }
}
