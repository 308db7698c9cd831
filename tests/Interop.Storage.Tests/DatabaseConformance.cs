using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>Behaviour of both dialects. Each derived class chooses one.</summary>
public abstract partial class DatabaseConformance : IAsyncLifetime
{
    protected static readonly TableShape Things = new(
        "things",
        [
            new("source", ColumnType.Text),
            new("id", ColumnType.Text),
            new("count", ColumnType.Integer),
            new("active", ColumnType.Boolean),
            new("value", ColumnType.Numeric),
            new("ratio", ColumnType.Real),
            new("start", ColumnType.Timestamp),
            new("end", ColumnType.Timestamp),
            new("raw", ColumnType.Json),
            new("bytes", ColumnType.Binary),
        ],
        ["source", "id"]
    );

    protected static readonly TableShape Versions = new(
        "versions",
        [new("id", ColumnType.Text), new("version", ColumnType.Integer, Nullable: false), new("raw", ColumnType.Json)],
        ["id"]
    );

    protected Database Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = DatabaseFactory.Open(
            new DatabaseOptions
            {
                Connection = await ConnectionAsync(),
                FirstRetryDelay = TimeSpan.FromMilliseconds(5),
                WritesBlock = WritesBlock,
            }
        );
        await Database.WriteAsync(
            async (session, token) =>
            {
                await session.ExecuteAsync(TableSql.CreateTable(Things, session.Dialect), null, token);
                await session.ExecuteAsync(TableSql.CreateTable(Versions, session.Dialect), null, token);
            }
        );
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        await CleanUpAsync();
    }

    protected abstract Task<string> ConnectionAsync();

    protected virtual bool WritesBlock => false;

    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    protected Task<long> CountAsync(string table) =>
        Database.ReadAsync((session, token) => session.ScalarAsync<long>($"SELECT count(*) FROM {table}", null, token));

    protected static void AddVersion(RowBatch batch, string id, long version, string raw = "{}")
    {
        batch.BeginRow();
        batch.WriteText(id);
        batch.WriteInteger(version);
        batch.WriteText(raw);
    }

    protected static RowBatch VersionBatch(params (string Id, long Version)[] rows)
    {
        var batch = new RowBatch(Versions);
        foreach (var (id, version) in rows)
            AddVersion(batch, id, version);
        return batch;
    }

    protected Task<int> UpsertAsync(RowBatch batch, UpsertRule rule) =>
        Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, rule, token));

    protected async Task<Dictionary<string, long>> StoredVersionsAsync() =>
        (
            await Database.ReadAsync((session, token) => session.QueryAsync<StoredVersion>("SELECT id, version FROM versions", null, token))
        ).ToDictionary(row => row.Id, row => row.Version);

    private sealed record StoredVersion(string Id, long Version);
}

public sealed class PostgresConformance : DatabaseConformance
{
    protected override Task<string> ConnectionAsync() => TestDatabases.NewPostgresAsync();
}

public sealed class PostgresBlockingConformance : DatabaseConformance
{
    protected override bool WritesBlock => true;

    [Fact]
    public async Task A_write_keeps_its_thread()
    {
        using var batch = VersionBatch(("a", 1));
        var threads = new List<int>();
        await Database.WriteAsync(
            async (session, token) =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                await session.ScalarAsync<long>("SELECT 1", null, token);
                threads.Add(Environment.CurrentManagedThreadId);
                await session.BulkUpsertAsync(batch, UpsertRule.KeepExisting, token);
                threads.Add(Environment.CurrentManagedThreadId);
                await session.QueryAsync<long>("SELECT version FROM versions", null, token);
                await session.ExecuteAsync("DELETE FROM versions", null, token);
                threads.Add(Environment.CurrentManagedThreadId);
            }
        );
        threads.Add(Environment.CurrentManagedThreadId);
        Assert.Single(threads.Distinct());
    }

    protected override Task<string> ConnectionAsync() => TestDatabases.NewPostgresAsync();
}

public sealed class SqliteConformance : DatabaseConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<string> ConnectionAsync() => Task.FromResult(_folder.File("test.db"));

    protected override Task CleanUpAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }
}
