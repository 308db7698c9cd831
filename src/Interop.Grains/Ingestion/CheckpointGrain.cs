using Interop.Ingestion.Running;

namespace Interop.Ingestion;

/// <inheritdoc cref="ICheckpointGrain"/>
internal sealed class CheckpointGrain(RunRegistry runs) : Grain, ICheckpointGrain
{
    private (string Source, string ResourceType) Key => IngestionGrains.ReadCheckpointKey(this.GetPrimaryKeyString());

    public async Task<StartRunResult> StartRun(RunRequest request) =>
        await ResumeAsync(await runs.StartAsync(Key.Source, Key.ResourceType, request));

    public async Task<StartRunResult> StartReplay(long runId, string stage) =>
        await ResumeAsync(await runs.StartReplayAsync(Key.Source, Key.ResourceType, runId, stage));

    public Task<bool> Forget() => runs.ForgetCheckpointAsync(Key.Source, Key.ResourceType);

    /// <summary>Resumes the new run, and also an active one: its worker may have failed to start.</summary>
    private async Task<StartRunResult> ResumeAsync(StartRunResult result)
    {
        if (result.Outcome is StartOutcome.Started or StartOutcome.AlreadyActive)
            await GrainFactory.Run(result.RunId).Resume();
        return result;
    }
}
