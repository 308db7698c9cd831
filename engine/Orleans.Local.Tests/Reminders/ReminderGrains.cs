using System.Collections.Immutable;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Reminders;

[Alias("tests.reminded")]
public interface IRemindedGrain : IGrainWithStringKey
{
    [Alias("Register")]
    Task Register(string name, TimeSpan dueTime, TimeSpan period);

    [Alias("Unregister")]
    Task<bool> Unregister(string name);

    [Alias("Names")]
    Task<ImmutableArray<string>> Names();

    [Alias("End")]
    Task End();

    [Alias("RegisterOutside")]
    Task RegisterOutside();
}

/// <summary>Records its ticks under its key. The reminder "fails" throws.</summary>
public sealed class RemindedGrain : Grain, IRemindedGrain, IRemindable
{
    private string Key => this.GetPrimaryKeyString();

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Signals.Note(Key, reminderName);
        Signals.Note($"{Key}/status", $"{status.FirstTickTime <= status.CurrentTickTime} {status.Period.TotalMilliseconds}");
        return reminderName == "fails" ? throw new InvalidOperationException("A tick fails.") : Task.CompletedTask;
    }

    public Task Register(string name, TimeSpan dueTime, TimeSpan period) => this.RegisterOrUpdateReminder(name, dueTime, period);

    public async Task<bool> Unregister(string name)
    {
        if (await this.GetReminder(name) is not { } reminder)
            return false;
        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<ImmutableArray<string>> Names() => [.. (await this.GetReminders()).Select(r => r.ReminderName).Order()];

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task RegisterOutside() => Task.Run(() => this.RegisterOrUpdateReminder("outside", TimeSpan.Zero, TimeSpan.FromHours(1)));
}
