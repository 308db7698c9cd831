using System.Globalization;
using System.Text;

namespace Interop.Storage.Tests;

public abstract partial class DatabaseConformance
{
    private static readonly DateTimeOffset Noon = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Instants_as_parameters_compare_with_stored_ones_whatever_their_offset()
    {
        using var batch = new RowBatch(Things);
        foreach (var minutes in new[] { 0, 1, 2 })
        {
            batch.BeginRow();
            batch.WriteText("s");
            batch.WriteText(minutes.ToString(CultureInfo.InvariantCulture));
            for (var i = 2; i < 6; i++)
                batch.WriteNull();
            batch.WriteTimestamp(Noon.AddMinutes(minutes).ToOffset(TimeSpan.FromHours(-7)));
            for (var i = 7; i < Things.Columns.Length; i++)
                batch.WriteNull();
        }
        await UpsertAsync(batch, UpsertRule.Replace);

        var since = await Database.ReadAsync(
            (session, token) =>
                session.QueryAsync<string>(
                    "SELECT id FROM things WHERE \"start\" >= @Since AND \"start\" < @Until ORDER BY \"start\"",
                    new { Since = Noon.AddMinutes(1).ToOffset(TimeSpan.FromHours(9)), Until = Noon.AddMinutes(2).UtcDateTime },
                    token
                )
        );
        var latest = await Database.ReadAsync(
            (session, token) => session.ScalarAsync<DateTimeOffset?>("SELECT max(\"start\") FROM things", null, token)
        );

        Assert.Equal(["1"], since);
        Assert.Equal(Noon.AddMinutes(2), latest);
    }

    [Fact]
    public async Task Text_and_JSON_are_read_as_bytes_of_any_length()
    {
        string?[] documents = ["{\"text\":\"ä€𝄞\"}", null, $"\"{new string('x', 700_000)}\"", "1", .. Enumerable.Repeat("[1,2]", 2_000)];
        using var batch = new RowBatch(Versions);
        foreach (var (i, document) in documents.Index())
        {
            batch.BeginRow();
            batch.WriteText($"{i:D5}");
            batch.WriteInteger(i);
            batch.WriteText(document);
        }

        await UpsertAsync(batch, UpsertRule.Replace);

        var read = new List<(string Id, string Raw)>();
        await Database.ReadAsync(
            (session, token) =>
                session.ReadUtf8Async(
                    "SELECT id, raw FROM versions ORDER BY id",
                    values =>
                    {
                        read.Add((Encoding.UTF8.GetString(values[0].Span), Encoding.UTF8.GetString(values[1].Span)));
                        return ValueTask.CompletedTask;
                    },
                    token
                )
        );

        Assert.Equal(documents.Select((document, i) => ($"{i:D5}", document ?? "")), read);
    }

    [Fact]
    public async Task A_read_of_bytes_that_its_caller_ends_leaves_the_database_usable()
    {
        using var batch = new RowBatch(Versions);
        for (var i = 0; i < 5_000; i++)
        {
            batch.BeginRow();
            batch.WriteText($"{i:D5}");
            batch.WriteInteger(i);
            batch.WriteText($"\"{new string('x', 200)}\"");
        }

        await UpsertAsync(batch, UpsertRule.Replace);

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Database.ReadAsync(
                (session, token) =>
                    session.ReadUtf8Async("SELECT id, raw FROM versions", _ => throw new InvalidOperationException("enough"), token)
            )
        );

        Assert.Equal(
            5_000,
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT COUNT(*) FROM versions", null, token))
        );
    }

    [Fact]
    public async Task An_instant_written_as_a_parameter_equals_the_same_instant_written_in_bulk()
    {
        using var batch = new RowBatch(Things);
        batch.BeginRow();
        batch.WriteText("s");
        batch.WriteText("bulk");
        for (var i = 2; i < 6; i++)
            batch.WriteNull();
        batch.WriteTimestamp(Noon.AddTicks(9_876_543));
        for (var i = 7; i < Things.Columns.Length; i++)
            batch.WriteNull();
        await UpsertAsync(batch, UpsertRule.Replace);
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    "INSERT INTO things (source, id, \"start\", active) VALUES ('s', 'parameter', @At, @Active)",
                    new { At = Noon.AddTicks(9_876_543), Active = true },
                    token
                )
        );

        Assert.Equal(
            1,
            await Database.ReadAsync(
                (session, token) => session.ScalarAsync<long>("SELECT count(DISTINCT \"start\") FROM things", null, token)
            )
        );
        Assert.True(
            await Database.ReadAsync(
                (session, token) => session.ScalarAsync<bool>("SELECT active FROM things WHERE id = 'parameter'", null, token)
            )
        );
    }

    [Fact]
    public async Task Many_keys_are_one_parameter()
    {
        using var batch = VersionBatch(("a", 1), ("b", 2), ("c", 3));
        await UpsertAsync(batch, UpsertRule.Replace);

        Assert.Equal(["a", "c"], await FindAsync("c", "x", "a"));
        Assert.Empty(await FindAsync());

        Task<IReadOnlyList<string>> FindAsync(params string[] ids) =>
            Database.ReadAsync(
                async (session, token) =>
                {
                    var args = new { ids = session.ArrayOf(ids) };
                    var filtered = await session.QueryAsync<string>(
                        $"SELECT id FROM versions WHERE {session.IsAnyOf("id", "@ids")} ORDER BY id",
                        args,
                        token
                    );
                    var looked = await session.QueryAsync<string>(
                        session.SelectByKeys("id", "versions", "version > 0", "id", "@ids"),
                        args,
                        token
                    );
                    Assert.Equal(filtered, looked.Order(StringComparer.Ordinal));
                    return filtered;
                }
            );
    }

    [Fact]
    public async Task A_number_may_be_whole_in_one_row_and_broken_in_the_next()
    {
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    "INSERT INTO things (source, id, value) VALUES ('s', '1', 5), ('s', '2', 5.5), ('s', '3', NULL)",
                    null,
                    token
                )
        );

        var values = await Database.ReadAsync(
            (session, token) =>
                session.QueryAsync<NumberRow>("SELECT value, count(*) AS how_many FROM things GROUP BY id, value ORDER BY id", null, token)
        );

        Assert.Equal([new(5, 1), new(5.5m, 1), new(null, 1)], values);
    }

    [Fact]
    public async Task The_work_may_return_nothing_and_nothing_is_found_in_an_empty_table()
    {
        Assert.Null(
            await Database.ReadAsync(
                (session, token) => session.FirstAsync<NumberRow>("SELECT value, 1 AS how_many FROM things", null, token)
            )
        );
        Assert.Null(await Database.ReadAsync((session, token) => session.ScalarAsync<long?>("SELECT max(count) FROM things", null, token)));
    }

    [Fact]
    public async Task A_read_sees_one_snapshot_while_others_write()
    {
        await Database.ReadAsync(
            async (read, token) =>
            {
                Assert.Equal(0, await read.ScalarAsync<long>("SELECT count(*) FROM versions", null, token));
                using var batch = VersionBatch(("a", 1));
                await UpsertAsync(batch, UpsertRule.Replace);
                Assert.Equal(0, await read.ScalarAsync<long>("SELECT count(*) FROM versions", null, token));
            }
        );
        Assert.Equal(1, await CountAsync("versions"));
    }

    [Fact]
    public async Task A_read_does_not_wait_for_a_writer_and_sees_nothing_uncommitted()
    {
        await Database.WriteAsync(
            async (session, token) =>
            {
                using var batch = VersionBatch(("a", 1));
                await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                Assert.Equal(0, await CountAsync("versions"));
            }
        );
    }

    [Fact]
    public async Task A_read_cannot_write()
    {
        await Assert.ThrowsAsync<DatabaseReadOnlyException>(() =>
            Database.ReadAsync((session, token) => session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, token))
        );
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task Rows_are_streamed_as_they_come()
    {
        using var batch = VersionBatch([
            .. Enumerable.Range(0, 1000).Select(i => (i.ToString("0000", CultureInfo.InvariantCulture), (long)i)),
        ]);
        await UpsertAsync(batch, UpsertRule.Replace);

        var seen = await Database.ReadAsync(
            async (session, token) =>
            {
                var versions = new List<long>();
                await foreach (var row in session.StreamAsync<StoredVersion>("SELECT id, version FROM versions ORDER BY id", null, token))
                {
                    versions.Add(row.Version);
                    if (versions.Count == 10)
                        break;
                }
                // After an early end of the stream the transaction accepts the next statement.
                Assert.Equal(1000, await session.ScalarAsync<long>("SELECT count(*) FROM versions", null, token));
                return versions;
            }
        );

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task An_endless_stream_can_be_left_and_the_write_continues()
    {
        await Database.WriteAsync(
            async (session, token) =>
            {
                await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('before', 1)", null, token);
                var endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
                await foreach (var number in session.StreamAsync<long>(endless, null, token))
                {
                    if (number == 5)
                        break;
                }
                await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('after', 1)", null, token);
            }
        );
        Assert.Equal(2, await CountAsync("versions"));
    }

    [Fact]
    public async Task A_write_that_throws_is_undone_and_the_error_comes_as_it_is()
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() =>
            Database.WriteAsync<int>(
                async (session, token) =>
                {
                    await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, token);
                    throw new NotSupportedException("mine");
                }
            )
        );
        Assert.Equal("mine", error.Message);
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task A_cancelled_write_is_undone()
    {
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Database.WriteAsync(
                async (session, token) =>
                {
                    await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, token);
                    await cancellation.CancelAsync();
                    await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('b', 1)", null, token);
                },
                cancellation.Token
            )
        );
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task Rolling_back_to_a_savepoint_undoes_only_what_came_after_it()
    {
        await Database.WriteAsync(
            async (session, token) =>
            {
                using var batch = VersionBatch(("before", 1));
                await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                await session.SavepointAsync("point", token);
                using var other = VersionBatch(("after", 1));
                await session.BulkUpsertAsync(other, UpsertRule.Replace, token);
                await session.RollbackToAsync("point", token);
                using var last = VersionBatch(("last", 1));
                await session.BulkUpsertAsync(last, UpsertRule.Replace, token);
            }
        );
        Assert.Equal(new() { ["before"] = 1, ["last"] = 1 }, await StoredVersionsAsync());
    }

    [Fact]
    public async Task An_insert_that_breaks_a_constraint_is_classified_as_refused_data()
    {
        await Database.WriteAsync(
            (session, token) => session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, token)
        );

        foreach (
            var sql in new[]
            {
                "INSERT INTO versions (id, version) VALUES ('a', 1)",
                "INSERT INTO versions (id, version) VALUES ('b', NULL)",
            }
        )
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(() =>
                Database.WriteAsync((session, token) => session.ExecuteAsync(sql, null, token))
            );
            Assert.Equal(FailureKind.DataRefused, Database.Classify(error));
            Assert.Equal(FailureKind.DataRefused, Database.Classify(new InvalidOperationException("wrapped", error)));
        }
        var fault = await Assert.ThrowsAnyAsync<Exception>(() =>
            Database.WriteAsync((session, token) => session.ExecuteAsync("INSERT INTO nowhere VALUES (1)", null, token))
        );
        Assert.Equal(FailureKind.Other, Database.Classify(fault));
    }

    [Fact]
    public async Task A_write_inside_a_write_is_refused_instead_of_waiting_for_itself()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Database.WriteAsync(
                (session, token) =>
                    Database.WriteAsync((inner, innerToken) => inner.ExecuteAsync("DELETE FROM versions", null, innerToken), token)
            )
        );
        using var batch = VersionBatch(("a", 1));
        Assert.Equal(1, await UpsertAsync(batch, UpsertRule.Replace));
    }

    [Fact]
    public async Task A_session_is_of_no_use_after_its_work()
    {
        DbSession? kept = null;
        await Database.WriteAsync(
            (session, _) =>
            {
                kept = session;
                return Task.CompletedTask;
            }
        );
        await Assert.ThrowsAsync<ObjectDisposedException>(() => kept!.ScalarAsync<long>("SELECT 1"));
    }

    [Fact]
    public async Task Many_writers_at_once_all_succeed()
    {
        await Database.WriteAsync(
            (session, token) => session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('sum', 0)", null, token)
        );

        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(_ =>
                    Task.Run(() =>
                        Database.WriteAsync(
                            (session, token) =>
                                session.ExecuteAsync("UPDATE versions SET version = version + 1 WHERE id = 'sum'", null, token)
                        )
                    )
                )
        );

        Assert.Equal(40, (await StoredVersionsAsync())["sum"]);
    }

    [Fact]
    public async Task A_database_that_answers_passes_the_check() => await Database.CheckAsync();

    private sealed record NumberRow(decimal? Value, int HowMany);
}
