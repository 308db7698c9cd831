using System.Text;
using Interop.TestServers;
using Npgsql;
using Orleans.Local.Tests.Support;
using Orleans.Storage;

namespace Orleans.Local.Tests.State;

public sealed class SqliteStorageTests : AdoNetStorageTests
{
    protected override string Kind => TestDatabase.Sqlite;
}

public sealed class PostgresStorageTests : AdoNetStorageTests
{
    protected override string Kind => TestDatabase.Postgres;

    // Orleans' providers share the static pool of Npgsql, whose connections outlive the silo.
    [EmbeddedFact]
    public async Task The_connections_of_a_silo_close_with_it()
    {
        var name = "silo-" + Guid.NewGuid().ToString("N");
        await using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddAdoNetGrainStorageAsDefault(options =>
                    (options.Invariant, options.ConnectionString) = (database.Invariant, Named(name, database))
                )
                .UseAdoNetReminderService(options =>
                    (options.Invariant, options.ConnectionString) = (database.Invariant, Named(name, database))
                )
        );
        await cluster.Client.GetGrain<IProfileGrain>(Name()).Set(new Profile());
        Assert.NotEqual(0, await ConnectionsAsync());

        await cluster.KillSiloAsync(cluster.Silos[0]);

        await Eventually.Is(async () => await ConnectionsAsync() == 0, "the connections are closed");

        async Task<long> ConnectionsAsync() =>
            (long)
                (await database.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = @name", ("name", name)))[0][0]!;
    }

    private static string Named(string name, TestDatabase database) =>
        new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = name }.ConnectionString;
}

/// <summary>The behaviour of storages in a database.</summary>
public abstract class AdoNetStorageTests : StorageTests
{
    private static readonly Profile Ada = new() { Name = "Ada" };

    private TestDatabase? _database;

    protected abstract string Kind { get; }

    public override async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Kind);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_state_survives_a_restart()
    {
        var grain = New();
        await grain.Set(Ada);
        await TestCluster.RestartSiloAsync(TestCluster.Silos[0]);
        await Cluster.AnswersAsync(async () => await grain.AtActivation() == "Ada", "the state is there");
    }

    [Fact]
    public async Task A_state_survives_a_crash()
    {
        var grain = New();
        await grain.Set(Ada);
        await TestCluster.KillSiloAsync(TestCluster.Silos[0]);
        await TestCluster.StartAdditionalSiloAsync();
        await Cluster.AnswersAsync(async () => await grain.AtActivation() == "Ada", "the state is there");
    }

    [Fact]
    public async Task A_write_against_a_changed_etag_is_refused_and_the_next_call_reads_again()
    {
        var grain = New();
        await grain.Set(Ada);
        await _database!.ExecuteAsync("UPDATE OrleansStorage SET Version = Version + 1");
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Set(Ada));
        await grain.Set(Ada with { Name = "Eve" });
        Assert.Equal("Eve", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task A_first_write_is_refused_if_the_row_exists_by_then()
    {
        var grain = New();
        Assert.Null((await grain.Get()).Etag);
        await New().Set(Ada);
        await _database!.ExecuteAsync(
            "UPDATE OrleansStorage SET GrainIdHash = @Hash, GrainIdExtensionString = @Key",
            ("Hash", HashOf(grain.GetPrimaryKeyString())),
            ("Key", grain.GetPrimaryKeyString())
        );
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Set(Ada));
        Assert.Equal("Ada", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task A_clear_against_a_changed_etag_is_refused()
    {
        var grain = New();
        await grain.Set(Ada);
        await _database!.ExecuteAsync("UPDATE OrleansStorage SET Version = Version + 1");
        await Assert.ThrowsAsync<InconsistentStateException>(grain.Clear);
        Assert.Equal("Ada", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task The_row_has_the_key_and_the_json_of_the_state()
    {
        var grain = New();
        await grain.Set(Ada);
        var row = Assert.Single(
            await _database!.QueryAsync(
                "SELECT GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, PayloadBinary, Version FROM OrleansStorage"
            )
        );
        Assert.Equal(HashOf(grain.GetPrimaryKeyString()), Convert.ToInt32(row[0]));
        Assert.Equal((0, 0), (Convert.ToInt64(row[1]), Convert.ToInt64(row[2])));
        Assert.Equal("profile", row[3]);
        Assert.Equal(grain.GetPrimaryKeyString(), row[4]);
        Assert.Contains("\"Ada\"", Encoding.UTF8.GetString((byte[])row[5]!), StringComparison.Ordinal);
        Assert.Equal(1, Convert.ToInt32(row[6]));
    }

    [Fact]
    public async Task A_storage_without_a_connection_string_fails_the_start() =>
        await Assert.ThrowsAsync<OrleansConfigurationException>(() =>
            Cluster.StartAsync(silo => silo.AddAdoNetGrainStorage("archive", options => options.Invariant = _database!.Invariant))
        );

    [EmbeddedFact]
    public async Task Two_grain_classes_with_the_same_state_name_are_refused()
    {
        await New().Set(Ada);
        var exception = await Assert.ThrowsAsync<OrleansConfigurationException>(() =>
            TestCluster.Client.GetGrain<ISameStateNameGrain>(Name()).Ping()
        );
        Assert.Contains("profile", exception.Message, StringComparison.Ordinal);
    }

    protected override void Configure(ISiloBuilder silo) =>
        silo.AddAdoNetGrainStorageAsDefault(_database!.Configure).AddAdoNetGrainStorage("archive", _database!.Configure);

    // Orleans' providers hash the bytes of a string key in reverse order; the column must have the same value.
    private static int HashOf(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        Array.Reverse(bytes);
        return unchecked((int)StableHash.ComputeHash(bytes));
    }
}
