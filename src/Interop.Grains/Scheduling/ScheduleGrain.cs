using Interop.Ingestion;

namespace Interop.Scheduling;

/// <inheritdoc cref="IScheduleGrain"/>
/// <remarks>
/// The reminder is set to the next firing and repeats every minute until it is set anew, so that a missed tick comes a minute late. A timer
/// watches the run and delivers the alert while the activation lives.
/// </remarks>
internal sealed class ScheduleGrain(
    [PersistentState("schedule")] IPersistentState<ScheduleState> stored,
    ScheduleCatalog jobs,
    ScheduleAlerts alerts
) : Grain, IScheduleGrain, IRemindable
{
    private const string ReminderName = "fire";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromSeconds(2);

    private IGrainTimer? _watch;

    private ScheduleState State => stored.State;

    private ScheduledJob? Job => jobs.Find(this.GetPrimaryKeyString());

    public Task Refresh() => AdvanceAsync();

    public Task ReceiveReminder(string reminderName, TickStatus status) => AdvanceAsync();

    public async Task<ScheduleFiring?> RunNow()
    {
        if (Job is not { } job)
            return null;
        if (State.IsBusy)
            return new ScheduleFiring(State.StatusOf(job), State.Busy);
        State.Fire("manual", jobs.Now);
        await stored.WriteStateAsync();
        await AdvanceAsync();
        return new ScheduleFiring(State.StatusOf(job), State.RunId is null ? State.Error : null);
    }

    public async Task<ScheduleStatus?> SetPaused(bool paused)
    {
        if (Job is not { } job)
            return null;
        State.Paused = paused;
        State.Adopt(job, jobs.Now);
        await stored.WriteStateAsync();
        await AdvanceAsync();
        return State.StatusOf(job);
    }

    public Task<ScheduleStatus?> GetStatus() => Task.FromResult(Job is { } job ? State.StatusOf(job) : null);

    private async Task AdvanceAsync()
    {
        if (Job is not { } job)
        {
            await SetReminderAsync(null); // the job was removed from the settings
            return;
        }

        var changed = State.Adopt(job, jobs.Now);
        if (State.IsRunning)
            changed |= await ObserveAsync(job);
        if (!State.IsBusy && State.NextOf(job) <= jobs.Now)
        {
            State.Fire("schedule", jobs.Now);
            changed = true;
        }

        if (changed)
            await stored.WriteStateAsync();
        if (State.Pending is not null)
            await StartAsync(job);
        if (State.Alert is not null)
            await DeliverAsync();
        if (!State.IsBusy)
            await SetReminderAsync(State.NextOf(job) - jobs.Now);
        Watch(State.IsBusy);
    }

    private async Task StartAsync(ScheduledJob job)
    {
        // The reminder comes every minute until the job is idle again: if this silo fails, another one continues.
        await SetReminderAsync(ReminderPeriod);
        var result = await GrainFactory.Checkpoint(job.Options.Source, job.ResourceType).StartRun(job.Request(State.Pending!));
        State.Started(job, result);
        await stored.WriteStateAsync();
    }

    /// <summary>Whether the run has ended.</summary>
    private async Task<bool> ObserveAsync(ScheduledJob job)
    {
        if (State.RunId is { } runId && await GrainFactory.IngestionQueries().GetSummary(runId) is { } run)
            State.Observe(job, run);
        else
            State.Status = null; // the run's record is gone
        return !State.IsRunning;
    }

    private async Task DeliverAsync()
    {
        State.AlertAttempts++;
        if (await alerts.TryPostAsync(State.Alert!, State.AlertAttempts) || State.AlertAttempts >= ScheduleAlerts.MaxAttempts)
            State.Alert = null;
        await stored.WriteStateAsync();
    }

    /// <summary>Null: the job needs no reminder.</summary>
    private async Task SetReminderAsync(TimeSpan? dueTime)
    {
        if (dueTime is { } due)
        {
            due =
                due > LongestWait ? LongestWait
                : due < TimeSpan.Zero ? TimeSpan.Zero
                : due;
            await this.RegisterOrUpdateReminder(ReminderName, due, ReminderPeriod);
        }
        else if (await this.GetReminder(ReminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    private void Watch(bool isBusy)
    {
        if (isBusy)
        {
            _watch ??= this.RegisterGrainTimer(
                _ => AdvanceAsync(),
                new GrainTimerCreationOptions(WatchPeriod, WatchPeriod) { KeepAlive = true }
            );
            return;
        }

        _watch?.Dispose();
        _watch = null;
    }
}
