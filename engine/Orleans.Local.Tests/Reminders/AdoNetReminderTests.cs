using Interop.TestServers;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Reminders;

public sealed class PostgresReminderTests : ReminderTests
{
    private TestDatabase? _database;

    public override async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task Reminders_survive_a_restart_and_activate_their_grain()
    {
        var (key, grain) = New();
        await grain.Register("often", Often, Often);
        await TestCluster.RestartSiloAsync(TestCluster.Silos[0]);
        var ticks = Signals.Noted(key).Length;
        await Eventually.Is(() => Signals.Noted(key).Length > ticks + 1, "two ticks after the restart");
        await Cluster.AnswersAsync(async () => (await grain.Names()).SequenceEqual(["often"]), "the grain has its reminder");
    }

    [Fact]
    public async Task The_row_has_the_grains_id_and_its_hash()
    {
        var (_, grain) = New();
        await grain.Register("rarely", Rarely, Rarely);
        var row = Assert.Single(await _database!.QueryAsync("SELECT GrainId, GrainHash, ReminderName, Period FROM OrleansRemindersTable"));
        Assert.Equal(grain.GetGrainId().ToString(), row[0]);
        Assert.Equal(unchecked((int)grain.GetGrainId().GetUniformHashCode()), Convert.ToInt32(row[1]));
        Assert.Equal("rarely", row[2]);
        Assert.Equal(3_600_000, Convert.ToInt64(row[3]));
    }

    protected override void Configure(ISiloBuilder silo) => silo.UseAdoNetReminderService(_database!.Configure);
}

/// <summary>Reminders in SQLite exist only on the embedded engine: Orleans' own provider does not support them.</summary>
public sealed class SqliteReminderTests
{
    [EmbeddedFact]
    public async Task Reminders_in_SQLite_survive_a_restart()
    {
        await using var database = await TestDatabase.CreateAsync(TestDatabase.Sqlite);
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100))
                .UseAdoNetReminderService(database.Configure)
        );
        var key = "reminded-" + Guid.NewGuid().ToString("N");
        var grain = cluster.Client.GetGrain<IRemindedGrain>(key);
        await grain.Register("rarely", TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        await grain.Register("often", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
        await cluster.RestartSiloAsync(cluster.Silos[0]);
        var ticks = Signals.Noted(key).Length;
        await Eventually.Is(() => Signals.Noted(key).Length > ticks + 1, "two ticks after the restart");
        Assert.True((await grain.Names()).SequenceEqual(["often", "rarely"]));
        Assert.True(await grain.Unregister("often"));
        Assert.Single(await database.QueryAsync("SELECT 1 FROM OrleansRemindersTable"));
    }
}
