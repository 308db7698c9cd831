using System.Collections.Immutable;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Scoring;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Anomaly;

/// <inheritdoc cref="IAnomalyModelGrain"/>
/// <remarks>Reentrant, so that versions are listed while one is trained; one training at a time.</remarks>
[Reentrant]
internal sealed partial class AnomalyModelGrain(Database database, ModelTrainer trainer, TimeProvider time, ILogger<AnomalyModelGrain> log)
    : Grain,
        IAnomalyModelGrain,
        IRemindable
{
    private const string ReminderName = "train";
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private Task? _scoring;
    private bool _training;

    public async Task<TrainResult> Train()
    {
        if (_training)
            return new TrainResult(null, "a model is being trained already");
        _training = true;
        try
        {
            var version = await trainer.TrainAsync(promote: false, CancellationToken.None);
            return version is null
                ? new TrainResult(null, $"a model needs {ModelTrainer.FirstAfter} stored events with features of this version")
                : new TrainResult(version, null);
        }
        finally
        {
            _training = false;
        }
    }

    public async Task<bool> Promote(string version)
    {
        if (!await database.WriteAsync((session, token) => ModelStore.PromoteAsync(session, version, time.GetUtcNow(), token)))
            return false;
        await trainer.ScoreStoredAsync(CancellationToken.None);
        return true;
    }

    public async Task<ImmutableArray<ModelVersion>> List()
    {
        var now = time.GetUtcNow();
        return await database.ReadAsync(
            async (session, token) =>
                ModelFigures
                    .Of(
                        await ModelStore.ListAsync(session, token),
                        await ModelTallyStore.ListAsync(session, now - ModelFigures.Window, token),
                        now
                    )
                    .ToImmutableArray()
        );
    }

    public async Task ScoreStored()
    {
        if (_scoring is null || _scoring.IsCompleted)
            _scoring = ScoreStoredAsync();
        await _scoring;
    }

    public async Task EnsureWeekly()
    {
        // Registering again would begin the week anew at every start.
        if (await this.GetReminder(ReminderName) is null)
            await this.RegisterOrUpdateReminder(ReminderName, Week, Week);
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var result = await Train();
        LogTrained(result.Version?.Id, result.Problem);
    }

    private async Task ScoreStoredAsync()
    {
        await Task.Yield(); // so that it is in its field before it ends
        if (!await trainer.HasUnscoredAsync(CancellationToken.None))
            return;
        if ((await List()).All(v => v.Status != "promoted"))
        {
            if (await trainer.TrainAsync(promote: true, CancellationToken.None) is not { } version)
                return;
            LogTrained(version.Id, null);
        }

        await trainer.ScoreStoredAsync(CancellationToken.None);
    }

    [LoggerMessage(3301, LogLevel.Information, "Trained the anomaly model {Version} {Problem}")]
    private partial void LogTrained(string? version, string? problem);
}
