using System.Text;
using Interop.Storage.Connections;
using Interop.Storage.Sqlite;
using Interop.TestServers;
using Microsoft.Data.Sqlite;

namespace Interop.Storage.Tests;

/// <summary>Behaviour of SQLite only.</summary>
public sealed class SqliteDatabaseTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("test.db");

    private Database Database { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Database = Open();
        await Database.WriteAsync((session, token) => session.ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", null, token));
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Writers_take_turns_in_the_order_of_asking_whichever_database_object_they_use()
    {
        await using var second = Open();
        var release = new TaskCompletionSource();
        var order = new List<int>();
        var writes = new List<Task> { Task.Run(() => Database.WriteAsync((_, _) => release.Task)) };
        await Eventually.Is(() => WriteQueue.Of(FilePath).IsTaken, "a writer holds the file");
        for (var i = 0; i < 20; i++)
        {
            var number = i;
            var database = i % 2 == 0 ? Database : second;
            writes.Add(
                Task.Run(() =>
                    database.WriteAsync(
                        (_, _) =>
                        {
                            order.Add(number); // the queue lets one writer in at a time
                            return Task.CompletedTask;
                        }
                    )
                )
            );
            await Eventually.Is(() => WriteQueue.Of(FilePath).Waiting == number + 1, "the writer waits");
        }

        release.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal(Enumerable.Range(0, 20), order);
    }

    [Fact]
    public async Task A_writer_that_gives_up_waiting_leaves_the_queue_to_the_others()
    {
        using var cancellation = new CancellationTokenSource();
        var release = new TaskCompletionSource();
        var holder = Task.Run(() => Database.WriteAsync((_, _) => release.Task));
        await Eventually.Is(() => WriteQueue.Of(FilePath).IsTaken, "a writer holds the file");
        var impatient = Task.Run(() =>
            Database.WriteAsync(
                (session, token) => session.ExecuteAsync("INSERT INTO t (x) VALUES ('never')", null, token),
                cancellation.Token
            )
        );
        await Eventually.Is(() => WriteQueue.Of(FilePath).Waiting == 1, "the writer waits");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        var patient = Task.Run(() =>
            Database.WriteAsync((session, token) => session.ExecuteAsync("INSERT INTO t (x) VALUES ('last')", null, token))
        );

        release.SetResult();
        await Task.WhenAll(holder, patient);

        Assert.Equal(["last"], await Database.ReadAsync((session, token) => session.QueryAsync<string>("SELECT x FROM t", null, token)));
    }

    [Fact]
    public async Task A_file_that_another_process_holds_is_waited_for()
    {
        using var other = OtherProcess();
        Execute(other, "BEGIN IMMEDIATE");

        var write = Task.Run(() =>
            Database.WriteAsync((session, token) => session.ExecuteAsync("INSERT INTO t (x) VALUES ('mine')", null, token))
        );
        await Eventually.Is(() => WriteQueue.Of(FilePath).IsTaken, "a writer holds the file");
        Execute(other, "INSERT INTO t (x) VALUES ('other')");
        Execute(other, "COMMIT");
        await write;

        Assert.Equal(
            ["other", "mine"],
            await Database.ReadAsync((session, token) => session.QueryAsync<string>("SELECT x FROM t ORDER BY id", null, token))
        );
    }

    [Fact]
    public async Task A_file_that_another_process_holds_for_too_long_is_named_and_can_still_be_read()
    {
        await using var impatient = Open(options => options with { BusyTimeout = TimeSpan.FromMilliseconds(50) });
        await impatient.CheckAsync();
        using var other = OtherProcess();
        Execute(other, "BEGIN IMMEDIATE");

        var error = await Assert.ThrowsAsync<DatabaseBusyException>(() =>
            impatient.WriteAsync((session, token) => session.ScalarAsync<long>("SELECT 1", null, token))
        );

        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await impatient.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM t", null, token)));
    }

    [Fact]
    public async Task A_full_database_is_named_and_the_transaction_undone()
    {
        var error = await Assert.ThrowsAsync<DatabaseFullException>(() =>
            Database.WriteAsync(
                async (session, token) =>
                {
                    await session.ExecuteAsync("INSERT INTO t (x) VALUES ('undone')", null, token);
                    await session.ExecuteAsync("PRAGMA max_page_count = 10", null, token);
                    await session.ExecuteAsync("INSERT INTO t (x) VALUES (hex(zeroblob(1000000)))", null, token);
                }
            )
        );

        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.Full, Database.Classify(error));
        Assert.Equal(
            1,
            await Database.WriteAsync((session, token) => session.ExecuteAsync("INSERT INTO t (x) VALUES ('small')", null, token))
        );
        Assert.Equal(["small"], await Database.ReadAsync((session, token) => session.QueryAsync<string>("SELECT x FROM t", null, token)));
    }

    [Fact]
    public async Task A_database_that_was_full_is_not_ready_until_a_write_succeeds_or_half_a_minute_passes()
    {
        var time = new ManualTime();
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = FilePath }, time: time);
        await database.CheckAsync();

        await FillAsync();
        await Assert.ThrowsAsync<DatabaseFullException>(() => database.CheckAsync());
        await database.WriteAsync((session, token) => session.ExecuteAsync("INSERT INTO t (x) VALUES ('small')", null, token));
        await database.CheckAsync();

        await FillAsync();
        time.Elapsed += TimeSpan.FromSeconds(29);
        await Assert.ThrowsAsync<DatabaseFullException>(() => database.CheckAsync());
        time.Elapsed += TimeSpan.FromSeconds(2);
        await database.CheckAsync();

        Task FillAsync() =>
            Assert.ThrowsAsync<DatabaseFullException>(() =>
                database.WriteAsync(
                    async (session, token) =>
                    {
                        await session.ExecuteAsync("PRAGMA max_page_count = 10", null, token);
                        await session.ExecuteAsync("INSERT INTO t (x) VALUES (hex(zeroblob(1000000)))", null, token);
                    }
                )
            );
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_and_left_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("test.db");
        var text = new string('x', 5000);
        await File.WriteAllTextAsync(file, text);
        await using (var database = DatabaseFactory.Open(new DatabaseOptions { Connection = file }))
        {
            var error = await Assert.ThrowsAsync<NotADatabaseException>(() => database.CheckAsync());
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(text, await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_directory_is_no_file()
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = Path.GetDirectoryName(FilePath)! });
        await Assert.ThrowsAsync<DatabaseAccessDeniedException>(() => database.CheckAsync());
    }

    [Fact]
    public async Task A_path_below_a_file_cannot_be_made()
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = FilePath + "/below.db" });
        await Assert.ThrowsAsync<DatabaseAccessDeniedException>(() => database.CheckAsync());
    }

    [Fact]
    public async Task The_directory_of_a_new_file_is_made()
    {
        var path = Path.Combine(Path.GetDirectoryName(FilePath)!, "new", "deeper", "x.db");
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = path });
        await database.CheckAsync();
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_file_without_write_permission_is_named()
    {
        var failures = new SqliteFailures("/data/x.db", new DatabaseOptions { Connection = "/data/x.db" });
        var error = failures.Explain(new SqliteException("attempt to write a readonly database", 8), write: true);
        Assert.Contains("/data/x.db accepts no writes", Assert.IsType<DatabaseReadOnlyException>(error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SqliteDurability.Normal, 1)]
    [InlineData(SqliteDurability.Full, 2)]
    public async Task The_file_is_in_WAL_mode_and_flushed_as_asked_for(SqliteDurability durability, int synchronous)
    {
        await using var database = Open(options => options with { Durability = durability });
        await database.WriteAsync(
            async (session, token) =>
            {
                Assert.Equal("wal", await session.ScalarAsync<string>("PRAGMA journal_mode", null, token));
                Assert.Equal(synchronous, await session.ScalarAsync<int>("PRAGMA synchronous", null, token));
                Assert.Equal(1, await session.ScalarAsync<int>("PRAGMA foreign_keys", null, token));
            }
        );
    }

    [Fact]
    public async Task An_instant_is_text_of_fixed_width_with_all_its_digits()
    {
        var shape = new TableShape("instants", [new("id", ColumnType.Integer), new("at", ColumnType.Timestamp)], ["id"]);
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(shape, session.Dialect), null, token));
        var instants = new[]
        {
            DateTimeOffset.MinValue,
            DateTimeOffset.UnixEpoch.AddTicks(-1),
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.MaxValue,
        };
        using var batch = new RowBatch(shape);
        for (var i = 0; i < instants.Length; i++)
        {
            batch.BeginRow();
            batch.WriteInteger(i);
            batch.WriteTimestamp(instants[i]);
        }
        // A slice uses the digits of its own rows.
        await Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch.Slice(0, 2), UpsertRule.Replace, token));
        await Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch.Slice(2, 2), UpsertRule.Replace, token));

        Assert.Equal(
            [
                "0001-01-01T00:00:00.0000000Z",
                "1969-12-31T23:59:59.9999999Z",
                "1970-01-01T00:00:00.0000000Z",
                "9999-12-31T23:59:59.9999999Z",
            ],
            await Database.ReadAsync((session, token) => session.QueryAsync<string>("SELECT at FROM instants ORDER BY at", null, token))
        );
    }

    [Fact]
    public async Task Empty_text_is_not_null()
    {
        var shape = new TableShape(
            "texts",
            [new("id", ColumnType.Integer), new("text", ColumnType.Text), new("bytes", ColumnType.Binary)],
            ["id"]
        );
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(shape, session.Dialect), null, token));
        using var batch = new RowBatch(shape);
        batch.BeginRow();
        batch.WriteInteger(1);
        batch.WriteUtf8([]);
        batch.WriteBinary(Encoding.UTF8.GetBytes(""));
        await Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, UpsertRule.Replace, token));

        Assert.Equal(
            "text|blob",
            await Database.ReadAsync(
                (session, token) => session.ScalarAsync<string>("SELECT typeof(text) || '|' || typeof(bytes) FROM texts", null, token)
            )
        );
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private Database Open(Func<DatabaseOptions, DatabaseOptions>? change = null)
    {
        var options = new DatabaseOptions { Connection = FilePath };
        return DatabaseFactory.Open(change is null ? options : change(options));
    }

    // A connection that bypasses the queue acts like another process.
    private SqliteConnection OtherProcess()
    {
        var connection = new SqliteConnection($"Data Source={FilePath};Pooling=false");
        connection.Open();
        return connection;
    }
}
