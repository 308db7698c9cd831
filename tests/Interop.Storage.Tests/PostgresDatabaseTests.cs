using System.Text;
using Interop.Storage.Connections;
using Interop.TestServers;
using Npgsql;

namespace Interop.Storage.Tests;

/// <summary>What only PostgreSQL does, on the server that all tests share.</summary>
public sealed class PostgresDatabaseTests : IAsyncLifetime
{
    private static readonly TableShape Documents = new("documents", [new("id", ColumnType.Text), new("raw", ColumnType.Json)], ["id"]);
    private string _connection = "";

    private Database Database { get; set; } = null!;

    public async Task InitializeAsync()
    {
        _connection = await TestDatabases.NewPostgresAsync();
        Database = Open();
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(Documents, session.Dialect), null, token));
    }

    public async Task DisposeAsync() => await Database.DisposeAsync();

    [Fact]
    public async Task A_number_that_is_written_straight_into_the_table_is_the_one_that_the_server_reads_from_its_text()
    {
        var shape = new TableShape(
            "numbers",
            [new("id", ColumnType.Text), new("value", ColumnType.Numeric), new("after", ColumnType.Numeric)],
            ["id"]
        );
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(shape, session.Dialect), null, token));
        var random = new Random(20260110);
        string[] texts =
        [
            "0",
            "-0",
            "0.0",
            "0.00",
            "-0.000",
            "1",
            "-1",
            "10000",
            "9999",
            "99999999",
            "1.50",
            "0.0001",
            "0.00010",
            "1e3",
            "1e-3",
            "1.5e-3",
            "1.50e+1",
            "12.345e2",
            "100e-2",
            "000123",
            "+5",
            ".5",
            "5.",
            "1E5",
            "123456789012345678901234567890123456789.5e-30",
            "1e200",
            "1e-200",
            "1" + new string('0', 900) + ".5",
            .. Enumerable.Range(0, 2000).Select(_ => RandomNumber(random)),
        ];
        using var batch = new RowBatch(shape);
        foreach (var text in texts.Distinct())
        {
            batch.BeginRow();
            batch.WriteText(text);
            batch.WriteNumeric(Encoding.ASCII.GetBytes(text));
            batch.WriteNull();
        }

        await Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, UpsertRule.Refuse, token));

        Assert.Equal(
            texts.Distinct().Count(),
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM numbers", null, token))
        );
        Assert.Empty(
            await Database.ReadAsync(
                (session, token) =>
                    session.QueryAsync<string>(
                        "SELECT id || ' became ' || CAST(value AS text) FROM numbers WHERE CAST(value AS text) <> CAST(CAST(id AS numeric) AS text)",
                        null,
                        token
                    )
            )
        );
    }

    [Fact]
    public async Task The_server_judges_a_number_beyond_all_bounds()
    {
        var shape = new TableShape("large", [new("id", ColumnType.Text), new("value", ColumnType.Numeric)], ["id"]);
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(shape, session.Dialect), null, token));
        foreach (
            var (text, isTaken) in new[] { ("1e5000", true), ("1e-5000", true), ("1e200000", false), ("1e99999999999999999999", false) }
        )
        {
            using var batch = new RowBatch(shape);
            batch.BeginRow();
            batch.WriteText(text);
            batch.WriteNumeric(Encoding.ASCII.GetBytes(text));
            var error = await Record.ExceptionAsync(() =>
                Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, UpsertRule.Refuse, token))
            );
            Assert.True(isTaken ? error is null : Database.Classify(error!) == FailureKind.DataRefused, $"{text}: {error}");
        }
    }

    private static string RandomNumber(Random random)
    {
        var whole = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => "0001234567899"[random.Next(13)]));
        var fraction = string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => "0001234567899"[random.Next(13)]));
        var exponent = random.Next(3) == 0 ? $"e{random.Next(-30, 30)}" : "";
        return $"{(random.Next(3) == 0 ? "-" : "")}{whole}{(fraction.Length > 0 ? "." + fraction : "")}{exponent}";
    }

    [Theory]
    [InlineData("a\0b", "{}")]
    [InlineData("a", "{\"no end\":")]
    [InlineData("a", "")]
    public async Task Text_that_PostgreSQL_refuses_is_classified_as_refused_data(string id, string raw)
    {
        using var batch = Batch((id, raw));

        var error = await Assert.ThrowsAsync<PostgresException>(() =>
            Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, UpsertRule.Replace, token))
        );

        Assert.Equal(FailureKind.DataRefused, Database.Classify(error));
        using var good = Batch(("a", """{"text":"\u0000", "number": 1.500}"""));
        await Database.WriteAsync((session, token) => session.BulkUpsertAsync(good, UpsertRule.Replace, token));
        Assert.Equal(
            """{"text":"\u0000", "number": 1.500}""",
            await Database.ReadAsync((session, token) => session.ScalarAsync<string>("SELECT raw::text FROM documents", null, token))
        );
    }

    [Fact]
    public async Task Invalid_UTF_8_is_classified_as_refused_data()
    {
        using var batch = new RowBatch(Documents);
        batch.BeginRow();
        batch.WriteUtf8([0xC3, 0x28]);
        batch.WriteUtf8("{}"u8);

        var error = await Assert.ThrowsAsync<PostgresException>(() =>
            Database.WriteAsync((session, token) => session.BulkUpsertAsync(batch, UpsertRule.Replace, token))
        );

        Assert.Equal(FailureKind.DataRefused, Database.Classify(error));
    }

    [Fact]
    public async Task Many_batches_in_one_transaction_keep_the_stage_small()
    {
        using var batch = new RowBatch(Documents);
        await Database.WriteAsync(
            async (session, token) =>
            {
                for (var start = 0; start < 60_000; start += 5_000)
                {
                    batch.Clear();
                    for (var i = start; i < start + 5_000; i++)
                        Add(batch, i.ToString(), "{}");
                    await session.SavepointAsync("batch", token);
                    Assert.Equal(5_000, await session.BulkUpsertAsync(batch, UpsertRule.Replace, token));
                    // Every third batch is rolled back and written again.
                    if (start % 15_000 == 0)
                    {
                        await session.RollbackToAsync("batch", token);
                        Assert.Equal(5_000, await session.BulkUpsertAsync(batch, UpsertRule.Replace, token));
                    }
                    await session.ReleaseAsync("batch", token);
                }
                Assert.InRange(await session.ScalarAsync<long>("SELECT pg_relation_size('pg_temp.stage_0')", null, token), 1, 4_000_000);
            }
        );
        Assert.Equal(
            60_000,
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM documents", null, token))
        );
    }

    [Fact]
    public async Task A_deadlock_is_run_again_until_both_transactions_are_in()
    {
        await Database.WriteAsync(
            (session, token) => session.ExecuteAsync("INSERT INTO documents VALUES ('a', '0'), ('b', '0')", null, token)
        );
        using var bothHoldOne = new Barrier(2);
        var runs = 0;

        await Task.WhenAll(Task.Run(() => UpdateAsync("a", "b")), Task.Run(() => UpdateAsync("b", "a")));

        Assert.True(runs > 2, "nothing was run again");
        Assert.Equal(
            ["2", "2"],
            await Database.ReadAsync((session, token) => session.QueryAsync<string>("SELECT raw::text FROM documents", null, token))
        );

        async Task UpdateAsync(string first, string second)
        {
            var isFirstRun = true;
            await Database.WriteAsync(
                async (session, token) =>
                {
                    Interlocked.Increment(ref runs);
                    await IncrementAsync(session, first, token);
                    if (isFirstRun)
                    {
                        isFirstRun = false;
                        bothHoldOne.SignalAndWait(token);
                    }
                    await IncrementAsync(session, second, token);
                }
            );
        }

        static Task IncrementAsync(DbSession session, string id, CancellationToken cancellationToken) =>
            session.ExecuteAsync(
                "UPDATE documents SET raw = ((raw::text::integer + 1)::text)::json WHERE id = @id",
                new { id },
                cancellationToken
            );
    }

    [Fact]
    public async Task A_connection_lost_before_the_commit_is_replaced_and_the_work_runs_again()
    {
        var runs = 0;
        await Database.WriteAsync(
            async (session, token) =>
            {
                using var batch = Batch(("a", "{}"));
                await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                if (++runs < 3)
                    await TerminateAsync(((NpgsqlConnection)session.Connection).ProcessID);
                await session.ScalarAsync<long>("SELECT 1", null, token);
            }
        );
        Assert.Equal(3, runs);
        Assert.Equal(
            1,
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM documents", null, token))
        );
    }

    [Fact]
    public async Task A_connection_lost_during_the_commit_is_uncertain_and_not_repeated()
    {
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    """
                    CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END; $$;
                    CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON documents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit();
                    """,
                    null,
                    token
                )
        );
        var runs = 0;
        var process = 0;
        var write = Task.Run(() =>
            Database.WriteAsync(
                async (session, token) =>
                {
                    runs++;
                    process = ((NpgsqlConnection)session.Connection).ProcessID;
                    await session.ExecuteAsync("INSERT INTO documents VALUES ('a', '{}')", null, token);
                }
            )
        );
        await using var other = Open();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (
            await other.ReadAsync(
                (session, token) =>
                    session.ScalarAsync<long>(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = @process AND wait_event = 'PgSleep'",
                        new { process },
                        token
                    ),
                deadline.Token
            ) == 0
        )
            await Task.Yield();

        await TerminateAsync(process);

        var error = await Assert.ThrowsAsync<CommitUncertainException>(() => write);
        Assert.Equal((1, FailureKind.Transient), (runs, Database.Classify(error)));
        Assert.Equal(
            0,
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM documents", null, token))
        );
    }

    [Fact]
    public async Task A_read_that_has_given_out_rows_is_not_run_again()
    {
        var runs = 0;
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() =>
            Database.ReadAsync(
                async (session, token) =>
                {
                    runs++;
                    await foreach (var _ in session.StreamAsync<int>("SELECT generate_series(1, 1000000)", null, token))
                    {
                        await TerminateAsync(((NpgsqlConnection)session.Connection).ProcessID);
                    }
                }
            )
        );
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_statement_that_outlasts_its_limit_is_not_run_again()
    {
        await using var hasty = DatabaseFactory.Open(
            new DatabaseOptions { Connection = _connection, CommandTimeout = TimeSpan.FromSeconds(1) }
        );
        var runs = 0;
        var error = await Assert.ThrowsAsync<DatabaseUnavailableException>(() =>
            hasty.WriteAsync(
                (session, token) =>
                {
                    runs++;
                    return session.ExecuteAsync("SELECT pg_sleep(60)", null, token);
                }
            )
        );
        Assert.Equal(1, runs);
        Assert.Contains("1 s for a statement", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_all_connections_are_taken_the_wait_ends_with_advice()
    {
        await using var small = DatabaseFactory.Open(
            new DatabaseOptions
            {
                Connection = _connection,
                MaxWriteConnections = 1,
                ConnectTimeout = TimeSpan.FromSeconds(1),
            }
        );
        var taken = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var holder = small.WriteAsync(
            (_, _) =>
            {
                taken.SetResult();
                return release.Task;
            }
        );
        await taken.Task;

        var error = await Assert.ThrowsAsync<DatabaseBusyException>(() =>
            Task.Run(() => small.WriteAsync((session, token) => session.ScalarAsync<long>("SELECT 1", null, token)))
        );

        Assert.Contains("MaxWriteConnections", error.Message, StringComparison.Ordinal);
        release.SetResult();
        await holder;
        Assert.Equal(1, await small.WriteAsync((session, token) => session.ScalarAsync<long>("SELECT 1", null, token)));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named_with_advice()
    {
        var server = await PostgresServer.SharedAsync();
        await using var missing = DatabaseFactory.Open(new DatabaseOptions { Connection = server.UriTo("missing") });
        var error = await Assert.ThrowsAsync<DatabaseUnavailableException>(() => missing.CheckAsync());
        Assert.Contains("createdb missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        foreach (var host in new[] { "127.0.0.1:1", "nowhere.invalid:5432" })
        {
            await using var nowhere = DatabaseFactory.Open(
                new DatabaseOptions { Connection = $"postgres://me:s3cret@{host}/db", MaxAttempts = 1 }
            );
            var error = await Assert.ThrowsAsync<DatabaseUnavailableException>(() =>
                nowhere.WriteAsync((session, token) => session.ScalarAsync<long>("SELECT 1", null, token))
            );
            Assert.Contains($"{host}/db as me", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        }
    }

    private static RowBatch Batch(params (string Id, string Raw)[] rows)
    {
        var batch = new RowBatch(Documents);
        foreach (var (id, raw) in rows)
            Add(batch, id, raw);
        return batch;
    }

    private static void Add(RowBatch batch, string id, string raw)
    {
        batch.BeginRow();
        batch.WriteText(id);
        batch.WriteText(raw);
    }

    private Database Open() =>
        DatabaseFactory.Open(new DatabaseOptions { Connection = _connection, FirstRetryDelay = TimeSpan.FromMilliseconds(5) });

    private async Task TerminateAsync(int process)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT pg_terminate_backend({process}, 10000)", connection);
        Assert.Equal(true, await command.ExecuteScalarAsync());
    }
}
