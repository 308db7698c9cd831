using System.Runtime.CompilerServices;
using Interop.Health;
using Interop.Ingestion.Running;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;

namespace Interop.Ingestion;

/// <inheritdoc cref="IIngestionRunGrain"/>
/// <remarks>Its id selects the silo, so that runs spread over the silos; the host of a cluster makes the spread even.</remarks>
[HashBasedPlacement]
internal sealed class IngestionRunGrain(RunRegistry runs, TimeProvider time) : Grain, IIngestionRunGrain, IRemindable
{
    private const string ResumeReminder = "resume";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepAlivePeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(200);

    private RunWorker? _worker;
    private Task? _resuming;
    private IGrainTimer? _keepAlive;

    private long RunId => this.GetPrimaryKeyLong();

    /// <summary>Calls that come while a resume is under way wait for it: a run has one worker in this activation.</summary>
    public Task Resume() => _resuming is { IsCompleted: false } ? _resuming : _resuming = ResumeOnceAsync();

    public async Task<bool> Cancel()
    {
        if (!await runs.CancelAsync(RunId))
            return false;
        if (_worker is not null)
        {
            await _worker.StopCancelledAsync();
            _worker = null;
        }

        await RemoveReminderAsync();
        return true;
    }

    public IAsyncEnumerable<RunProgress> Follow(CancellationToken cancellationToken = default) =>
        FollowAsync(cancellationToken).AsNotReady(cancellationToken);

    private async IAsyncEnumerable<RunProgress> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Resume();
        RunProgress? last = null;
        if (_worker is { } worker)
        {
            await foreach (var progress in worker.Progress.FollowAsync(FollowInterval, time, cancellationToken))
                yield return last = progress;
        }

        // The worker does not see every end of its run: a cancellation, another owner.
        if (last is null || RunStatus.IsActive(last.Status))
        {
            if (await runs.FindAsync(RunId, cancellationToken) is { } run)
                yield return run.Progress;
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => ResumeOrReleaseAsync();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_worker is not null)
            await _worker.DisposeAsync();
    }

    private async Task ResumeOnceAsync()
    {
        if (_worker is { Completion.IsCompleted: false } || await runs.FindAsync(RunId) is not { IsActive: true })
            return;

        // The reminder first: a crash before the worker starts then costs a minute, not the run.
        await this.RegisterOrUpdateReminder(ResumeReminder, ReminderPeriod, ReminderPeriod);
        _worker = ActivatorUtilities.CreateInstance<RunWorker>(ServiceProvider, RunId);
        _worker.Start();
        _keepAlive ??= this.RegisterGrainTimer(
            _ => _worker is { Completion.IsCompleted: false } ? Task.CompletedTask : ResumeOrReleaseAsync(),
            new GrainTimerCreationOptions
            {
                DueTime = KeepAlivePeriod,
                Period = KeepAlivePeriod,
                KeepAlive = true,
            }
        );
    }

    /// <summary>Resumes an active run; lets the activation of an ended one go.</summary>
    private async Task ResumeOrReleaseAsync()
    {
        if (await runs.FindAsync(RunId) is { IsActive: true })
        {
            await Resume();
            return;
        }

        _keepAlive?.Dispose();
        _keepAlive = null;
        await RemoveReminderAsync();
    }

    private async Task RemoveReminderAsync()
    {
        if (await this.GetReminder(ResumeReminder) is { } reminder)
            await this.UnregisterReminder(reminder);
    }
}
