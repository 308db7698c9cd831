using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion;

/// <inheritdoc cref="ICheckpointGrain"/>
internal sealed class CheckpointGrain(
    Database database, SourceRegistry sources, R4Schema schema, IOptions<IngestionOptions> options, TimeProvider time) : Grain, ICheckpointGrain
{
    private string _source = "";
    private string _resourceType = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        (_source, _resourceType) = (key[..slash], key[(slash + 1)..]);
        return Task.CompletedTask;
    }

    public async Task<StartRunResult> StartRun(RunRequest request)
    {
        if (!sources.Contains(_source))
            return new StartRunResult(StartOutcome.UnknownSource, 0, "");
        if (schema.FindResource(_resourceType) is null)
            return new StartRunResult(StartOutcome.UnknownType, 0, "");

        return await StartAsync(async (session, token) =>
        {
            var run = NewRun(request);
            var checkpoint = run.MovesCheckpoint ? await CheckpointStore.FindAsync(session, _source, _resourceType, token) : null;
            var since = request.Full ? null : SearchPlan.Before(checkpoint, options.Value.Overlap);
            if (options.Value.LastUpdatedGte is { } gte && !(since > gte))
                since = gte;
            return run with { CheckpointBefore = checkpoint, Since = since };
        });
    }

    public async Task<StartRunResult> StartReplay(long runId, string stage)
    {
        var original = await database.ReadAsync((session, token) => RunStore.FindAsync(session, runId, token));
        if (original is null || original.Source != _source || original.ResourceType != _resourceType)
            return new StartRunResult(StartOutcome.UnknownRun, 0, "");
        if (original.IsViewRebuild)
            return new StartRunResult(StartOutcome.NothingFetched, runId, original.Status);

        return await StartAsync(async (session, token) =>
        {
            var letters = await session.FirstAsync<LetterRange>(
                """
                SELECT COUNT(*) AS total, COUNT(raw) AS with_raw, COALESCE(MAX(id), 0) AS last_id FROM dead_letters
                WHERE run_id = @runId AND stage = @stage AND NOT resolved
                """,
                new { runId, stage },
                token);
            return NewRun(original.Request with { Meta = RunMeta.None }) with
            {
                ReplayOfRunId = runId,
                ReplayStage = stage,
                ReplayUntil = letters!.LastId,
                ReplaySourceCount = letters.Total,
                ReplayMissingRaw = letters.Total - letters.WithRaw,
            };
        });
    }

    public Task<bool> Forget() =>
        database.WriteAsync((session, token) => CheckpointStore.ForgetAsync(session, _source, _resourceType, token));

    private sealed record LetterRange(long Total, long WithRaw, long LastId);

    private RunRecord NewRun(RunRequest request) => new()
    {
        Source = _source,
        ResourceType = _resourceType,
        Status = request.Meta.Attempt > 1 ? RunStatus.Retrying : RunStatus.Running,
        StartedAt = time.GetUtcNow(),
        RequestJson = JsonSerializer.Serialize(request),
    };

    private async Task<StartRunResult> StartAsync(Func<DbSession, CancellationToken, Task<RunRecord>> describe)
    {
        var (run, isNew) = await database.WriteAsync(async (session, token) =>
        {
            var wanted = await describe(session, token);
            return await RunStore.InsertAsync(session, wanted, token) is { } inserted
                ? (inserted, true)
                : (await RunStore.FindActiveAsync(session, _source, _resourceType, token), false);
        });
        if (run is null)
            return await StartAsync(describe); // the run that was in the way has just ended

        // Also the run that is in the way: where its own taking-up failed, whoever asks next makes up for it.
        await GrainFactory.GetGrain<IIngestionRunGrain>(run.RunId).TakeUp();
        return new StartRunResult(isNew ? StartOutcome.Started : StartOutcome.AlreadyActive, run.RunId, run.Status);
    }
}
