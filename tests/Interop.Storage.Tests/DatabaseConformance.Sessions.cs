using System.Globalization;

namespace Interop.Storage.Tests;

public abstract partial class DatabaseConformance
{
    private static readonly DateTimeOffset Noon = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task InstantsAsParametersCompareWithStoredOnesWhateverTheirOffset()
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

        var since = await Database.ReadAsync((session, ct) => session.QueryAsync<string>(
            "SELECT id FROM things WHERE \"start\" >= @Since AND \"start\" < @Until ORDER BY \"start\"",
            new { Since = Noon.AddMinutes(1).ToOffset(TimeSpan.FromHours(9)), Until = Noon.AddMinutes(2).UtcDateTime }, ct));
        var latest = await Database.ReadAsync((session, ct) => session.ScalarAsync<DateTimeOffset?>("SELECT max(\"start\") FROM things", null, ct));

        Assert.Equal(["1"], since);
        Assert.Equal(Noon.AddMinutes(2), latest);
    }

    [Fact]
    public async Task AnInstantWrittenAsAParameterEqualsTheSameInstantWrittenInBulk()
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
        await Database.WriteAsync((session, ct) => session.ExecuteAsync(
            "INSERT INTO things (source, id, \"start\", active) VALUES ('s', 'parameter', @At, @Active)", new { At = Noon.AddTicks(9_876_543), Active = true }, ct));

        Assert.Equal(1, await Database.ReadAsync((session, ct) =>
            session.ScalarAsync<long>("SELECT count(DISTINCT \"start\") FROM things", null, ct)));
        Assert.True(await Database.ReadAsync((session, ct) =>
            session.ScalarAsync<bool>("SELECT active FROM things WHERE id = 'parameter'", null, ct)));
    }

    [Fact]
    public async Task ManyKeysAreOneParameter()
    {
        using var batch = VersionBatch(("a", 1), ("b", 2), ("c", 3));
        await UpsertAsync(batch, UpsertRule.Replace);

        Assert.Equal(["a", "c"], await FindAsync("c", "x", "a"));
        Assert.Empty(await FindAsync());

        Task<IReadOnlyList<string>> FindAsync(params string[] ids) => Database.ReadAsync(async (session, ct) =>
        {
            var args = new { ids = session.ArrayOf(ids) };
            var filtered = await session.QueryAsync<string>($"SELECT id FROM versions WHERE {session.IsAnyOf("id", "@ids")} ORDER BY id", args, ct);
            var looked = await session.QueryAsync<string>(session.SelectByKeys("id", "versions", "version > 0", "id", "@ids"), args, ct);
            Assert.Equal(filtered, looked.Order(StringComparer.Ordinal));
            return filtered;
        });
    }

    [Fact]
    public async Task ANumberMayBeWholeInOneRowAndBrokenInTheNext()
    {
        await Database.WriteAsync((session, ct) => session.ExecuteAsync(
            "INSERT INTO things (source, id, value) VALUES ('s', '1', 5), ('s', '2', 5.5), ('s', '3', NULL)", null, ct));

        var values = await Database.ReadAsync((session, ct) =>
            session.QueryAsync<NumberRow>("SELECT value, count(*) AS how_many FROM things GROUP BY id, value ORDER BY id", null, ct));

        Assert.Equal([new(5, 1), new(5.5m, 1), new(null, 1)], values);
    }

    [Fact]
    public async Task TheWorkMayReturnNothingAndNothingIsFoundInAnEmptyTable()
    {
        Assert.Null(await Database.ReadAsync((session, ct) => session.FirstAsync<NumberRow>("SELECT value, 1 AS how_many FROM things", null, ct)));
        Assert.Null(await Database.ReadAsync((session, ct) => session.ScalarAsync<long?>("SELECT max(count) FROM things", null, ct)));
    }

    [Fact]
    public async Task AReadSeesOneSnapshotWhileOthersWrite()
    {
        await Database.ReadAsync(async (read, ct) =>
        {
            Assert.Equal(0, await read.ScalarAsync<long>("SELECT count(*) FROM versions", null, ct));
            using var batch = VersionBatch(("a", 1));
            await UpsertAsync(batch, UpsertRule.Replace);
            Assert.Equal(0, await read.ScalarAsync<long>("SELECT count(*) FROM versions", null, ct));
        });
        Assert.Equal(1, await CountAsync("versions"));
    }

    [Fact]
    public async Task AReadDoesNotWaitForAWriterAndSeesNothingUncommitted()
    {
        await Database.WriteAsync(async (session, ct) =>
        {
            using var batch = VersionBatch(("a", 1));
            await session.BulkUpsertAsync(batch, UpsertRule.Replace, ct);
            Assert.Equal(0, await CountAsync("versions"));
        });
    }

    [Fact]
    public async Task AReadCannotWrite()
    {
        await Assert.ThrowsAsync<DatabaseReadOnlyException>(() => Database.ReadAsync((session, ct) =>
            session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, ct)));
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task RowsAreStreamedAsTheyCome()
    {
        using var batch = VersionBatch([.. Enumerable.Range(0, 1000).Select(i => (i.ToString("0000", CultureInfo.InvariantCulture), (long)i))]);
        await UpsertAsync(batch, UpsertRule.Replace);

        var seen = await Database.ReadAsync(async (session, ct) =>
        {
            var versions = new List<long>();
            await foreach (var row in session.StreamAsync<StoredVersion>("SELECT id, version FROM versions ORDER BY id", null, ct))
            {
                versions.Add(row.Version);
                if (versions.Count == 10)
                    break;
            }
            // Left early, the transaction takes the next statement.
            Assert.Equal(1000, await session.ScalarAsync<long>("SELECT count(*) FROM versions", null, ct));
            return versions;
        });

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task AnEndlessStreamCanBeLeftAndTheWriteGoesOn()
    {
        await Database.WriteAsync(async (session, ct) =>
        {
            await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('before', 1)", null, ct);
            var endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
            await foreach (var number in session.StreamAsync<long>(endless, null, ct))
            {
                if (number == 5)
                    break;
            }
            await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('after', 1)", null, ct);
        });
        Assert.Equal(2, await CountAsync("versions"));
    }

    [Fact]
    public async Task AWriteThatThrowsIsUndoneAndTheErrorComesAsItIs()
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => Database.WriteAsync<int>(async (session, ct) =>
        {
            await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, ct);
            throw new NotSupportedException("mine");
        }));
        Assert.Equal("mine", error.Message);
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task ACancelledWriteIsUndone()
    {
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Database.WriteAsync(
            async (session, ct) =>
            {
                await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, ct);
                await cancellation.CancelAsync();
                await session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('b', 1)", null, ct);
            },
            cancellation.Token));
        Assert.Equal(0, await CountAsync("versions"));
    }

    [Fact]
    public async Task RollingBackToASavepointUndoesOnlyWhatCameAfterIt()
    {
        await Database.WriteAsync(async (session, ct) =>
        {
            using var batch = VersionBatch(("before", 1));
            await session.BulkUpsertAsync(batch, UpsertRule.Replace, ct);
            await session.SavepointAsync("point", ct);
            using var other = VersionBatch(("after", 1));
            await session.BulkUpsertAsync(other, UpsertRule.Replace, ct);
            await session.RollbackToAsync("point", ct);
            using var last = VersionBatch(("last", 1));
            await session.BulkUpsertAsync(last, UpsertRule.Replace, ct);
        });
        Assert.Equal(new() { ["before"] = 1, ["last"] = 1 }, await StoredVersionsAsync());
    }

    [Fact]
    public async Task AnInsertThatBreaksAConstraintIsTheRowsFault()
    {
        await Database.WriteAsync((session, ct) => session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('a', 1)", null, ct));

        foreach (var sql in new[] { "INSERT INTO versions (id, version) VALUES ('a', 1)", "INSERT INTO versions (id, version) VALUES ('b', NULL)" })
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(() => Database.WriteAsync((session, ct) => session.ExecuteAsync(sql, null, ct)));
            Assert.Equal(FailureKind.DataRefused, Database.Classify(error));
            Assert.Equal(FailureKind.DataRefused, Database.Classify(new InvalidOperationException("wrapped", error)));
        }
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => Database.WriteAsync((session, ct) => session.ExecuteAsync("INSERT INTO nowhere VALUES (1)", null, ct)));
        Assert.Equal(FailureKind.Other, Database.Classify(fault));
    }

    [Fact]
    public async Task AWriteInsideAWriteIsRefusedInsteadOfWaitingForItself()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.WriteAsync((session, ct) =>
            Database.WriteAsync((inner, innerCt) => inner.ExecuteAsync("DELETE FROM versions", null, innerCt), ct)));
        using var batch = VersionBatch(("a", 1));
        Assert.Equal(1, await UpsertAsync(batch, UpsertRule.Replace));
    }

    [Fact]
    public async Task ASessionIsOfNoUseAfterItsWork()
    {
        DbSession? kept = null;
        await Database.WriteAsync((session, _) =>
        {
            kept = session;
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => kept!.ScalarAsync<long>("SELECT 1"));
    }

    [Fact]
    public async Task ManyWritersAtOnceAllSucceed()
    {
        await Database.WriteAsync((session, ct) => session.ExecuteAsync("INSERT INTO versions (id, version) VALUES ('sum', 0)", null, ct));

        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => Database.WriteAsync((session, ct) =>
            session.ExecuteAsync("UPDATE versions SET version = version + 1 WHERE id = 'sum'", null, ct)))));

        Assert.Equal(40, (await StoredVersionsAsync())["sum"]);
    }

    [Fact]
    public async Task ADatabaseThatAnswersPassesTheCheck() => await Database.CheckAsync();

    private sealed record NumberRow(decimal? Value, int HowMany);
}
