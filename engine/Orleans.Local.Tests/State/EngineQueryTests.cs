using System.Data;
using System.Globalization;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.State;

/// <summary>
/// The statements that the providers of Microsoft.Orleans find in OrleansQuery, run with the parameters that these providers give and
/// looked at in the columns that they read (dotnet/orleans, src/AdoNet: DbStoredQueries, RelationalOrleansQueries, AdoNetGrainStorage).
/// </summary>
public sealed class EngineQueryTests : IAsyncLifetime
{
    private static readonly (string, object?) Deployment = ("DeploymentId", "c");
    private static readonly (string, object?)[] Silo = [Deployment, ("Address", "10.0.0.1"), ("Port", 11111), ("Generation", 7)];

    private readonly Dictionary<string, string> _queries = [];
    private TestDatabase? _database;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        foreach (var row in await _database.QueryAsync("SELECT QueryKey, QueryText FROM OrleansQuery"))
            _queries.Add((string)row[0]!, (string)row[1]!);
    }

    public async Task DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public void Every_key_that_the_providers_ask_for_is_there() =>
        Assert.Equal(
            [
                "CleanupDefunctSiloEntriesKey",
                "ClearStorageKey",
                "DeleteMembershipTableEntriesKey",
                "DeleteReminderRowKey",
                "DeleteReminderRowsKey",
                "DeleteStorageKey",
                "GatewaysQueryKey",
                "InsertMembershipKey",
                "InsertMembershipVersionKey",
                "MembershipReadAllKey",
                "MembershipReadRowKey",
                "ReadFromStorageKey",
                "ReadRangeRows1Key",
                "ReadRangeRows2Key",
                "ReadReminderRowKey",
                "ReadReminderRowsKey",
                "UpdateIAmAlivetimeKey",
                "UpdateMembershipKey",
                "UpsertReminderRowKey",
                "WriteToStorageKey",
            ],
            _queries.Keys.Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task A_membership_table_is_created_once()
    {
        Assert.Equal(true, await One("InsertMembershipVersionKey", Deployment));
        Assert.Equal(false, await One("InsertMembershipVersionKey", Deployment));
        var row = Assert.Single(await Run("MembershipReadAllKey", Deployment));
        Assert.Equal(0, row[1]);
        Assert.All(row[2..], Assert.Null);
    }

    [Fact]
    public async Task A_member_joins_only_once_and_only_with_the_current_table_version()
    {
        await One("InsertMembershipVersionKey", Deployment);
        Assert.Equal(false, await Join(version: 1));
        Assert.Equal(true, await Join(version: 0));
        Assert.Equal(false, await Join(version: 1));
        var row = Assert.Single(await Run("MembershipReadRowKey", Silo));
        Assert.Equal([1, "10.0.0.1", 11111, 7, "silo", "host", 3, 30000, null, DateTime.UnixEpoch], row[1..11]);
        var gateway = Assert.Single(await Run("GatewaysQueryKey", Deployment, ("Status", 3)));
        Assert.Equal(["10.0.0.1", 30000, 7], gateway);
    }

    [Fact]
    public async Task Of_concurrent_membership_changes_exactly_one_succeeds()
    {
        await One("InsertMembershipVersionKey", Deployment);
        await Join(version: 0);
        var updates = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Update(version: 1)));
        Assert.Single(updates, true);
        Assert.Equal(2, (await Run("MembershipReadAllKey", Deployment))[0][1]);
    }

    [Fact]
    public async Task A_member_is_updated_and_its_suspicions_are_stored()
    {
        await One("InsertMembershipVersionKey", Deployment);
        await Join(version: 0);
        Assert.Equal(true, await Update(version: 1));
        await Run("UpdateIAmAlivetimeKey", [.. Silo, ("IAmAliveTime", DateTime.UnixEpoch.AddDays(2))]);
        var row = Assert.Single(await Run("MembershipReadRowKey", Silo));
        Assert.Equal([2, 6, "suspects", DateTime.UnixEpoch.AddDays(2)], [row[1], row[7], row[9], row[11]]);
        Assert.Empty(await Run("GatewaysQueryKey", Deployment, ("Status", 3)));
    }

    [Fact]
    public async Task Expired_dead_members_are_removed_and_the_whole_table_on_demand()
    {
        var later = ("IAmAliveTime", (object?)DateTime.UnixEpoch.AddDays(9));
        await One("InsertMembershipVersionKey", Deployment);
        await Join(version: 0);
        await Run("CleanupDefunctSiloEntriesKey", Deployment, later);
        Assert.NotNull((await Run("MembershipReadAllKey", Deployment))[0][2]);
        await Update(version: 1);
        await Run("CleanupDefunctSiloEntriesKey", Deployment, later);
        Assert.Null((await Run("MembershipReadAllKey", Deployment))[0][2]);
        await Join(version: 2);
        await Run("DeleteMembershipTableEntriesKey", Deployment);
        Assert.Empty(await Run("MembershipReadAllKey", Deployment));
    }

    [Fact]
    public async Task A_state_is_written_read_cleared_and_deleted_by_its_version()
    {
        Assert.Empty(await Run("ReadFromStorageKey", State(null)));
        Assert.Equal(1, await One("WriteToStorageKey", Written(null, 1)));
        Assert.Empty(await Run("WriteToStorageKey", Written(null, 2)));
        Assert.Equal(2, await One("WriteToStorageKey", Written(1, 3)));
        Assert.Empty(await Run("WriteToStorageKey", Written(1, 4)));
        var row = Assert.Single(await Run("ReadFromStorageKey", State(null)));
        Assert.Equal(new byte[] { 3 }, row[0]);
        Assert.Equal(2, row[1]);
        Assert.Empty(await Run("ClearStorageKey", State(1)));
        Assert.Equal(3, await One("ClearStorageKey", State(2)));
        Assert.Null(Assert.Single(await Run("ReadFromStorageKey", State(null)))[0]);
        Assert.Empty(await Run("DeleteStorageKey", State(2)));
        Assert.Equal(4, await One("DeleteStorageKey", State(3)));
        Assert.Empty(await Run("ReadFromStorageKey", State(null)));
    }

    [Fact]
    public async Task Of_concurrent_writes_of_a_state_exactly_one_succeeds()
    {
        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Run("WriteToStorageKey", Written(null, (byte)i))));
        Assert.Single(first, rows => rows.Count == 1);
        var second = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Run("WriteToStorageKey", Written(1, (byte)i))));
        Assert.Single(second, rows => rows.Count == 1);
    }

    [Fact]
    public async Task A_reminder_is_written_read_by_grain_and_by_range_and_deleted_by_its_version()
    {
        Assert.Equal(0, await One("UpsertReminderRowKey", Reminder("a", 100)));
        Assert.Equal(1, await One("UpsertReminderRowKey", Reminder("a", 100)));
        Assert.Equal(0, await One("UpsertReminderRowKey", Reminder("b", -100)));
        var row = Assert.Single(await Run("ReadReminderRowKey", ("ServiceId", "s"), ("GrainId", "g/a"), ("ReminderName", "r")));
        Assert.Equal(["g/a", "r", DateTime.UnixEpoch, 60000L, 1], row);
        Assert.Single(await Run("ReadReminderRowsKey", ("ServiceId", "s"), ("GrainId", "g/b")));

        Assert.Equal(["g/a"], await Range("ReadRangeRows1Key", 99, 100));
        Assert.Empty(await Range("ReadRangeRows1Key", 100, 200));
        Assert.Equal(["g/b"], await Range("ReadRangeRows2Key", 100, -50));
        Assert.Equal(["g/a", "g/b"], await Range("ReadRangeRows2Key", 0, 0));

        Assert.Equal(false, await One("DeleteReminderRowKey", Named("a", 0)));
        Assert.Equal(true, await One("DeleteReminderRowKey", Named("a", 1)));
        await Run("DeleteReminderRowsKey", ("ServiceId", "s"));
        Assert.Empty(await Range("ReadRangeRows2Key", 0, 0));
    }

    private static (string, object?)[] Reminder(string grain, int hash) =>
        [
            ("ServiceId", "s"),
            ("GrainHash", hash),
            ("GrainId", $"g/{grain}"),
            ("ReminderName", "r"),
            ("StartTime", DateTime.UnixEpoch),
            ("Period", 60000),
        ];

    private static (string, object?)[] Named(string grain, int version) =>
        [("ServiceId", "s"), ("GrainId", $"g/{grain}"), ("ReminderName", "r"), ("Version", version)];

    private static (string, object?)[] State(int? version) =>
        [
            ("GrainIdHash", 1),
            ("GrainIdN0", 0L),
            ("GrainIdN1", 5L),
            ("GrainTypeHash", 2),
            ("GrainTypeString", "profile"),
            ("GrainIdExtensionString", DbType.String),
            ("ServiceId", "s"),
            ("GrainStateVersion", version is { } v ? v : DbType.Int32),
        ];

    private static (string, object?)[] Written(int? version, byte payload) => [.. State(version), ("PayloadBinary", new[] { payload })];

    private Task<object?> Join(int version) =>
        One(
            "InsertMembershipKey",
            [
                .. Silo,
                ("IAmAliveTime", DateTime.UnixEpoch),
                ("SiloName", "silo"),
                ("HostName", "host"),
                ("StartTime", DateTime.UnixEpoch),
                ("Status", 3),
                ("ProxyPort", 30000),
                ("Version", version),
            ]
        );

    private Task<object?> Update(int version) =>
        One(
            "UpdateMembershipKey",
            [.. Silo, ("IAmAliveTime", DateTime.UnixEpoch), ("Status", 6), ("SuspectTimes", "suspects"), ("Version", version)]
        );

    private async Task<string[]> Range(string key, int begin, int end) =>
        [
            .. (await Run(key, ("ServiceId", "s"), ("BeginHash", begin), ("EndHash", end)))
                .Select(row => Convert.ToString(row[0], CultureInfo.InvariantCulture)!)
                .Order(),
        ];

    private async Task<object?> One(string key, params (string, object?)[] parameters) => Assert.Single(await Run(key, parameters))[0];

    private Task<List<object?[]>> Run(string key, params (string, object?)[] parameters) =>
        _database!.QueryAsync(_queries[key], parameters);
}
