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

    /// <summary>Registers a reminder twice, and unregisters it by what the first registration returned.</summary>
    [Alias("UnregisterStale")]
    Task UnregisterStale(string name, TimeSpan period);

    /// <summary>Unregisters a reminder twice.</summary>
    [Alias("UnregisterTwice")]
    Task UnregisterTwice(string name, TimeSpan period);

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

    public async Task UnregisterStale(string name, TimeSpan period)
    {
        var stale = await this.RegisterOrUpdateReminder(name, period, period);
        await this.RegisterOrUpdateReminder(name, period, period);
        await this.UnregisterReminder(stale);
    }

    public async Task UnregisterTwice(string name, TimeSpan period)
    {
        var reminder = await this.RegisterOrUpdateReminder(name, period, period);
        await this.UnregisterReminder(reminder);
        await this.UnregisterReminder(reminder);
    }

    public async Task<ImmutableArray<string>> Names() => [.. (await this.GetReminders()).Select(r => r.ReminderName).Order()];

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task RegisterOutside() => Task.Run(() => this.RegisterOrUpdateReminder("outside", TimeSpan.Zero, TimeSpan.FromHours(1)));
}

[Alias("tests.not-remindable")]
public interface INotRemindableGrain : IGrainWithStringKey
{
    [Alias("Register")]
    Task Register();
}

public sealed class NotRemindableGrain : Grain, INotRemindableGrain
{
    public Task Register() => this.RegisterOrUpdateReminder("any", TimeSpan.FromHours(1), TimeSpan.FromHours(1));
}
