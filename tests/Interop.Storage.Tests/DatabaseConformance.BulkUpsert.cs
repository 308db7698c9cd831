using System.Globalization;
using System.Text;

namespace Interop.Storage.Tests;

public abstract partial class DatabaseConformance
{
    private static readonly UpsertRule NewerOnly = UpsertRule.ReplaceWhere("excluded.\"version\" > \"old\".\"version\"");

    [Fact]
    public async Task Every_column_type_comes_back_as_it_was_written()
    {
        var start = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(5)).AddTicks(1234560);
        var beforeTheEpoch = new DateTimeOffset(1899, 12, 31, 0, 0, 0, TimeSpan.Zero).AddTicks(7654320);
        using var batch = new RowBatch(Things);
        batch.BeginRow();
        batch.WriteText("Klinik Süd");
        batch.WriteUtf8("zwölf 𝒳"u8);
        batch.WriteInteger(long.MinValue);
        batch.WriteBoolean(true);
        batch.WriteNumeric("-12.50"u8);
        batch.WriteReal(1.0 / 3);
        batch.WriteTimestamp(start);
        batch.WriteTimestamp(beforeTheEpoch);
        batch.WriteUtf8("""{"a": 1.500, "b":"ü"}"""u8);
        batch.WriteBinary([0, 255, 10]);

        Assert.Equal(1, await UpsertAsync(batch, UpsertRule.Replace));

        var row = Assert.Single(
            await Database.ReadAsync((session, token) => session.QueryAsync<Thing>("SELECT * FROM things", null, token))
        );
        Assert.Equal(("Klinik Süd", "zwölf 𝒳", long.MinValue, true), (row.Source, row.Id, row.Count, row.Active));
        Assert.Equal(-12.5m, row.Value);
        Assert.Equal(1.0 / 3, row.Ratio);
        Assert.Equal(start, row.Start);
        Assert.Equal(TimeSpan.Zero, row.Start!.Value.Offset);
        Assert.Equal(beforeTheEpoch.UtcDateTime, row.End);
        Assert.Equal(DateTimeKind.Utc, row.End!.Value.Kind);
        Assert.Equal("""{"a": 1.500, "b":"ü"}""", row.Raw);
        Assert.Equal([0, 255, 10], row.Bytes);
    }

    [Fact]
    public async Task Null_comes_back_from_every_column_that_may_be_null()
    {
        using var batch = new RowBatch(Things);
        batch.BeginRow();
        batch.WriteText("s");
        batch.WriteText("1");
        for (var i = 2; i < Things.Columns.Length; i++)
            batch.WriteNull();

        await UpsertAsync(batch, UpsertRule.Replace);

        var row = Assert.Single(
            await Database.ReadAsync((session, token) => session.QueryAsync<Thing>("SELECT * FROM things", null, token))
        );
        Assert.Equal(new Thing("s", "1", null, null, null, null, null, null, null, null), row);
    }

    [Fact]
    public async Task Replace_writes_over_the_old_row_and_counts_it()
    {
        using var first = VersionBatch(("a", 1), ("b", 1));
        using var second = VersionBatch(("b", 7), ("c", 7));

        Assert.Equal(2, await UpsertAsync(first, UpsertRule.Replace));
        Assert.Equal(2, await UpsertAsync(second, UpsertRule.Replace));

        Assert.Equal(
            new()
            {
                ["a"] = 1,
                ["b"] = 7,
                ["c"] = 7,
            },
            await StoredVersionsAsync()
        );
    }

    [Fact]
    public async Task Keep_existing_leaves_the_old_row_and_counts_only_the_new_ones()
    {
        using var first = VersionBatch(("a", 1));
        using var second = VersionBatch(("a", 7), ("b", 7));
        await UpsertAsync(first, UpsertRule.Replace);

        Assert.Equal(1, await UpsertAsync(second, UpsertRule.KeepExisting));

        Assert.Equal(new() { ["a"] = 1, ["b"] = 7 }, await StoredVersionsAsync());
    }

    [Fact]
    public async Task Refuse_takes_new_rows_and_fails_as_a_whole_over_a_known_one()
    {
        using var first = VersionBatch(("a", 1), ("b", 1));
        using var second = VersionBatch(("c", 7), ("b", 7));
        using var twice = VersionBatch(("d", 1), ("d", 2));
        using var third = VersionBatch(("c", 9));

        Assert.Equal(2, await UpsertAsync(first, UpsertRule.Refuse));
        foreach (var refused in new[] { second, twice })
            Assert.Equal(
                FailureKind.DataRefused,
                Database.Classify(await Assert.ThrowsAnyAsync<Exception>(() => UpsertAsync(refused, UpsertRule.Refuse)))
            );
        Assert.Equal(1, await UpsertAsync(third, UpsertRule.Refuse));

        Assert.Equal(
            new()
            {
                ["a"] = 1,
                ["b"] = 1,
                ["c"] = 9,
            },
            await StoredVersionsAsync()
        );
    }

    [Fact]
    public async Task A_version_guard_lets_no_older_row_over_a_newer_one()
    {
        using var first = VersionBatch(("a", 5), ("b", 5));
        using var second = VersionBatch(("a", 4), ("b", 6), ("c", 1));
        await UpsertAsync(first, NewerOnly);

        Assert.Equal(2, await UpsertAsync(second, NewerOnly));

        Assert.Equal(
            new()
            {
                ["a"] = 5,
                ["b"] = 6,
                ["c"] = 1,
            },
            await StoredVersionsAsync()
        );
    }

    [Fact]
    public async Task Several_batches_of_one_shape_in_one_transaction_all_arrive()
    {
        using var batch = VersionBatch(("a", 1), ("b", 1));

        await Database.WriteAsync(
            async (session, token) =>
            {
                await session.BulkUpsertAsync(batch, NewerOnly, token);
                batch.Clear();
                AddVersion(batch, "b", 2);
                AddVersion(batch, "c", 2);
                Assert.Equal(2, await session.BulkUpsertAsync(batch, NewerOnly, token));
                Assert.Equal(0, await session.BulkUpsertAsync(batch, NewerOnly, token));
            }
        );

        Assert.Equal(
            new()
            {
                ["a"] = 1,
                ["b"] = 2,
                ["c"] = 2,
            },
            await StoredVersionsAsync()
        );
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_found_by_halving_and_the_rest_is_loaded()
    {
        using var batch = new RowBatch(Versions);
        for (var i = 0; i < 20; i++)
        {
            batch.BeginRow();
            batch.WriteText($"id-{i}");
            if (i is 3 or 17)
                batch.WriteNull(); // the column does not accept null
            else
                batch.WriteInteger(i);
            batch.WriteText("{}");
        }
        var refused = new List<int>();

        await Database.WriteAsync((session, token) => LoadAsync(session, 0, batch.Count, token));

        Assert.Equal([3, 17], refused);
        Assert.Equal(18, await CountAsync("versions"));

        async Task LoadAsync(DbSession session, int start, int count, CancellationToken cancellationToken)
        {
            await session.SavepointAsync("half", cancellationToken);
            try
            {
                await session.BulkUpsertAsync(batch.Slice(start, count), UpsertRule.Replace, cancellationToken);
                await session.ReleaseAsync("half", cancellationToken);
            }
            catch (Exception e) when (Database.Classify(e) == FailureKind.DataRefused)
            {
                await session.RollbackToAsync("half", cancellationToken);
                await session.ReleaseAsync("half", cancellationToken);
                if (count == 1)
                {
                    refused.Add(start);
                    return;
                }
                await LoadAsync(session, start, count / 2, cancellationToken);
                await LoadAsync(session, start + count / 2, count - count / 2, cancellationToken);
            }
        }
    }

    [Fact]
    public async Task Two_rows_with_one_key_are_refused_by_name()
    {
        using var batch = VersionBatch(("a", 1), ("twice", 1), ("b", 1), ("twice", 2));

        var error = await Assert.ThrowsAsync<ArgumentException>(() => UpsertAsync(batch, UpsertRule.Replace));

        Assert.Contains("id='twice'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task The_key_columns_may_have_any_position()
    {
        var shape = new TableShape(
            "late_keys",
            [new("raw", ColumnType.Text), new("number", ColumnType.Integer), new("x", ColumnType.Text), new("id", ColumnType.Text)],
            ["id", "number"]
        );
        await Database.WriteAsync((session, token) => session.ExecuteAsync(TableSql.CreateTable(shape, session.Dialect), null, token));
        using var batch = new RowBatch(shape);
        Add("old", 1, "a");
        Add("other", 2, "a");
        await UpsertAsync(batch, UpsertRule.Replace);
        batch.Clear();
        Add("new", 1, "a");
        Assert.Equal(1, await UpsertAsync(batch, UpsertRule.Replace));
        Add("again", 1, "a");

        var error = await Assert.ThrowsAsync<ArgumentException>(() => UpsertAsync(batch, UpsertRule.Replace));

        Assert.Contains("(id='a', number=1)", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["new", "other"],
            await Database.ReadAsync(
                (session, token) => session.QueryAsync<string>("SELECT raw FROM late_keys ORDER BY number", null, token)
            )
        );

        void Add(string raw, long number, string id)
        {
            batch.BeginRow();
            batch.WriteText(raw);
            batch.WriteInteger(number);
            batch.WriteNull();
            batch.WriteText(id);
        }
    }

    [Fact]
    public async Task A_transaction_that_fails_leaves_nothing_and_the_next_batch_of_the_shape_works()
    {
        using var batch = VersionBatch(("a", 1));
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            Database.WriteAsync<int>(
                async (session, token) =>
                {
                    await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                    throw new NotSupportedException();
                }
            )
        );
        Assert.Equal(0, await CountAsync("versions"));

        Assert.Equal(1, await UpsertAsync(batch, UpsertRule.Replace));
    }

    [Fact]
    public async Task Ten_thousand_rows_of_all_sizes_arrive_unchanged()
    {
        using var batch = new RowBatch(Versions);
        for (var i = 0; i < 10_000; i++)
            AddVersion(batch, i.ToString(CultureInfo.InvariantCulture), i, $"\"{new string('x', i % 97 == 0 ? 20_000 : i % 50)}\"");

        Assert.Equal(10_000, await UpsertAsync(batch, UpsertRule.Replace));

        var lengths = await Database.ReadAsync(
            (session, token) => session.QueryAsync<long>("SELECT length(CAST(raw AS text)) FROM versions ORDER BY version", null, token)
        );
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => 2L + (i % 97 == 0 ? 20_000 : i % 50)), lengths);
    }

    [Fact]
    public async Task Numbers_longer_than_a_decimal_are_taken_and_other_text_is_not()
    {
        using var batch = new RowBatch(Things);
        batch.BeginRow();
        batch.WriteText("s");
        batch.WriteText("long");
        batch.WriteNull();
        batch.WriteNull();
        batch.WriteNumeric("123456789012345678901234567890123456789.5e-30"u8);
        for (var i = 5; i < Things.Columns.Length; i++)
            batch.WriteNull();
        await UpsertAsync(batch, UpsertRule.Replace);
        var value = await Database.ReadAsync(
            (session, token) => session.ScalarAsync<double>("SELECT CAST(value AS double precision) FROM things", null, token)
        );
        Assert.Equal(123456789.01234567, value, 1e-7);

        batch.BeginRow();
        batch.WriteText("s");
        batch.WriteText("2");
        batch.WriteNull();
        batch.WriteNull();
        foreach (var text in new[] { "", "-", ".", "1e", "0x10", "NaN", "1 ", "1,5" })
            Assert.Throws<ArgumentException>(() => batch.WriteNumeric(Encoding.UTF8.GetBytes(text)));
        batch.Truncate(batch.Count);
        Assert.Equal(1, batch.Count);
    }

    private sealed record Thing(
        string Source,
        string Id,
        long? Count,
        bool? Active,
        decimal? Value,
        double? Ratio,
        DateTimeOffset? Start,
        DateTime? End,
        string? Raw,
        byte[]? Bytes
    );
}
