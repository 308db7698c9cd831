using Interop.TestServers;
using Orleans.Local.Tests.Support;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.Reminders;

/// <summary>What every reminder service does; the kinds of them derive from this.</summary>
public abstract class ReminderTests : IAsyncLifetime
{
    protected static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);
    protected static readonly TimeSpan Rarely = TimeSpan.FromHours(1);

    private InProcessTestCluster? _cluster;

    protected InProcessTestCluster TestCluster => _cluster!;

    public virtual async Task InitializeAsync() =>
        _cluster = await Cluster.StartAsync(silo =>
        {
            silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = Often);
            Configure(silo);
        });

    public virtual async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_reminder_fires_after_its_due_time_and_then_each_period()
    {
        var (key, grain) = New();
        await grain.Register("often", Often, Often);
        await Eventually.Is(() => Signals.Noted(key).Length >= 2, "two ticks");
        Assert.All(Signals.Noted($"{key}/status"), status => Assert.Equal("True 100", status));
    }

    [Fact]
    public async Task A_reminder_activates_its_grain()
    {
        var (key, grain) = New();
        await grain.Register("often", Often, Often);
        await grain.End();
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
    }

    [Fact]
    public async Task A_grain_knows_its_reminders()
    {
        var (_, grain) = New();
        await grain.Register("b", Rarely, Rarely);
        await grain.Register("a", Rarely, Rarely);
        var names = await grain.Names();
        Assert.True(names.SequenceEqual(["a", "b"]), string.Join(",", names));
        Assert.Empty(await New().Grain.Names());
    }

    [Fact]
    public async Task Registering_again_changes_the_reminder()
    {
        var (key, grain) = New();
        await grain.Register("one", Rarely, Rarely);
        await grain.Register("one", Often, Rarely);
        await Eventually.Is(() => Signals.Noted(key).Length == 1, "a tick");
        Assert.Single(await grain.Names());
    }

    [Fact]
    public async Task An_unregistered_reminder_does_not_fire()
    {
        var (key, grain) = New();
        await grain.Register("often", Often, Often);
        await Eventually.Is(() => Signals.Noted(key).Length > 0, "a tick");
        Assert.True(await grain.Unregister("often"));
        Assert.False(await grain.Unregister("often"));
        var ticks = Signals.Noted(key).Length;
        var (otherKey, other) = New();
        await other.Register("often", Often, Often);
        await Eventually.Is(() => Signals.Noted(otherKey).Length >= 3, "another reminder fires three times");
        Assert.InRange(Signals.Noted(key).Length, ticks, ticks + 1);
    }

    [Fact]
    public async Task Unregistering_a_reminder_that_has_changed_since_is_refused()
    {
        var (_, grain) = New();
        await Assert.ThrowsAsync<ReminderException>(() => grain.UnregisterStale("one", Rarely));
        Assert.Single(await grain.Names());
    }

    [Fact]
    public async Task Unregistering_a_reminder_twice_is_no_error()
    {
        var (_, grain) = New();
        await grain.UnregisterTwice("one", Rarely);
        Assert.Empty(await grain.Names());
    }

    [Fact]
    public async Task A_reminder_continues_after_its_grain_throws()
    {
        var (key, grain) = New();
        await grain.Register("fails", Often, Often);
        await Eventually.Is(() => Signals.Noted(key).Length >= 2, "two ticks");
    }

    [Fact]
    public async Task A_period_under_the_minimum_is_refused()
    {
        var (_, grain) = New();
        await Assert.ThrowsAsync<ArgumentException>(() => grain.Register("too often", TimeSpan.Zero, Often / 2));
    }

    [Fact]
    public async Task A_reminder_needs_a_name_and_times_that_are_not_negative()
    {
        var (_, grain) = New();
        await Assert.ThrowsAsync<ArgumentNullException>(() => grain.Register(" ", Rarely, Rarely));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.Register("any", Timeout.InfiniteTimeSpan, Rarely));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.Register("any", Rarely, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task Only_a_grain_that_implements_IRemindable_has_reminders() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestCluster.Client.GetGrain<INotRemindableGrain>(Name()).Register());

    [Fact]
    public async Task A_reminder_cannot_be_registered_outside_a_turn_of_the_grain() =>
        await Assert.ThrowsAnyAsync<Exception>(New().Grain.RegisterOutside);

    protected static string Name() => "reminded-" + Guid.NewGuid().ToString("N");

    protected abstract void Configure(ISiloBuilder silo);

    protected (string Key, IRemindedGrain Grain) New()
    {
        var key = Name();
        return (key, TestCluster.Client.GetGrain<IRemindedGrain>(key));
    }
}

public sealed class MemoryReminderTests : ReminderTests
{
    [Fact]
    public async Task Without_a_reminder_service_registering_fails()
    {
        await using var own = await Cluster.StartAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            own.Client.GetGrain<IRemindedGrain>(Name()).Register("any", Rarely, Rarely)
        );
    }

    [Fact]
    public async Task A_reminder_period_under_a_minute_is_refused_by_default()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), new ReminderOptions().MinimumReminderPeriod);
        await using var own = await Cluster.StartAsync(silo => silo.UseInMemoryReminderService());
        await Assert.ThrowsAsync<ArgumentException>(() =>
            own.Client.GetGrain<IRemindedGrain>(Name()).Register("any", TimeSpan.Zero, TimeSpan.FromSeconds(59))
        );
    }

    protected override void Configure(ISiloBuilder silo) => silo.UseInMemoryReminderService();
}
