using System.Runtime.CompilerServices;
using Interop.Ingestion.Running;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion;

/// <inheritdoc cref="IIngestionRunGrain"/>
internal sealed class IngestionRunGrain(RunWorkers workers, Database database, TimeProvider time) : Grain, IIngestionRunGrain, IRemindable
{
    private const string ResumeReminder = "resume";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepAlivePeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(200);

    private RunWorker? _worker;
    private IGrainTimer? _keepAlive;

    private long RunId => this.GetPrimaryKeyLong();

    public async Task TakeUp()
    {
        if (_worker is { Completion.IsCompleted: false } || await FindAsync() is not { IsActive: true })
            return;

        // First the promise to come back, then the work: a crash between the two costs a minute, not the run.
        await this.RegisterOrUpdateReminder(ResumeReminder, ReminderPeriod, ReminderPeriod);
        _worker = workers.Create(RunId);
        _worker.Start();
        _keepAlive ??= this.RegisterGrainTimer(
            LetGoWhenEndedAsync,
            new GrainTimerCreationOptions { DueTime = KeepAlivePeriod, Period = KeepAlivePeriod, KeepAlive = true });
    }

    public async Task<bool> Cancel()
    {
        var cancelled = await database.WriteAsync(async (session, token) =>
        {
            await ViewChanges.AbandonAsync(session, RunId, token);
            return await RunStore.CancelAsync(session, RunId, time.GetUtcNow(), token);
        });
        if (cancelled is null)
            return false;
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
            _worker = null;
        }

        await ForgetReminderAsync();
        return true;
    }

    public async IAsyncEnumerable<RunProgress> Follow([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await TakeUp();
        RunProgress? last = null;
        if (_worker is { } worker)
        {
            await foreach (var progress in worker.Progress.FollowAsync(FollowInterval, time, cancellationToken))
                yield return last = progress;
        }

        // The end may be somebody else's doing: a cancellation, another owner.
        if (last is null || RunStatus.IsActive(last.Status))
        {
            if (await FindAsync() is { } run)
                yield return run.Progress;
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => LetGoOrTakeUpAsync();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_worker is not null)
            await _worker.DisposeAsync();
    }

    private async Task LetGoWhenEndedAsync(CancellationToken cancellationToken)
    {
        if (_worker is { Completion.IsCompleted: false })
            return;
        await LetGoOrTakeUpAsync();
    }

    private async Task LetGoOrTakeUpAsync()
    {
        if (await FindAsync() is { IsActive: true })
        {
            await TakeUp();
            return;
        }

        _keepAlive?.Dispose();
        _keepAlive = null;
        await ForgetReminderAsync();
    }

    private async Task ForgetReminderAsync()
    {
        if (await this.GetReminder(ResumeReminder) is { } reminder)
            await this.UnregisterReminder(reminder);
    }

    private Task<RunRecord?> FindAsync() => database.ReadAsync((session, token) => RunStore.FindAsync(session, RunId, token));
}
